import { suite, expect } from '../harness.js'
import { Solo, peerOf, probe, record } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

/** Lets the core ping its one other member and answers after `delayMs`. */
function answerAfter (solo: Solo, delayMs: number): void {
  for (;;) {
    const ping = solo.run(solo.nowMs + 1).flatMap(({ sends }) => sends).find(({ to, message }) => to === peerOf(2) && message.kind === 'ping')
    if (ping?.message.kind !== 'ping') continue
    solo.nowMs += delayMs
    solo.core.step(peerOf(2), probe('ack', ping.message.sequence, []), solo.nowMs)
    return
  }
}

function pair (): Solo {
  const solo = new Solo(1)
  solo.hear(2, record(2, 'alive@1.0'))
  solo.mute.add(peerOf(2))
  return solo
}

const rttOf = (solo: Solo): number | undefined => solo.core.get(peerOf(2))?.rttMs

suite('membership: round-trip times and views', ({ test }) => {
  test('the round-trip time of a member is smoothed as RFC 6298 does it, from its first ack on', () => {
    const solo = pair()
    expect.is(rttOf(solo), undefined)
    const samples = [80, 160, 16]
    const smoothed = [80, 90, 80.75]
    samples.forEach((sampleMs, position) => {
      answerAfter(solo, sampleMs)
      expect.is(rttOf(solo), smoothed[position])
    })
    expect.is(solo.core.members()[1]?.rttMs, 80.75)
  })

  test('an answer that came through a helper, or to no question, measures nothing', () => {
    const world = new World({ seed: 'measured through others' })
    const [a, b] = world.add(4) as [Node, Node]
    for (const node of world.nodes.slice(1)) world.connect(node, a)
    world.isCut = (from, to) => from === a && to === b
    world.runFor(60_000)
    expect.is(a.stateOf(b), 'alive@1.0')
    expect.is(a.running.get(b.peer)?.rttMs, undefined)
    const others = world.nodes.slice(2).map((node) => a.running.get(node.peer)?.rttMs ?? 0)
    expect.ok(others.every((rttMs) => rttMs >= 2 && rttMs <= 10), others.join())
  })

  test('an answer to a ping that was sent again measures nothing: it may answer either of the two', () => {
    const solo = pair()
    answerAfter(solo, 80)
    let ping: number | undefined
    while (ping === undefined) {
      const sent = solo.run(solo.nowMs + 1).flatMap(({ sends }) => sends).find(({ to, message }) => to === peerOf(2) && message.kind === 'ping')
      if (sent?.message.kind === 'ping') ping = sent.message.sequence
    }
    solo.nowMs += 70
    solo.core.connectionClosed(peerOf(2), solo.nowMs)
    expect.is(solo.run(solo.nowMs).flatMap(({ sends }) => sends).filter(({ message }) => message.kind === 'ping').length, 1)
    solo.nowMs += 2
    solo.core.step(peerOf(2), probe('ack', ping, []), solo.nowMs)
    expect.is(rttOf(solo), 80)
    answerAfter(solo, 160)
    expect.is(rttOf(solo), 90, 'the next one counts again')
  })

  test('a suspicion and its end keep the measured time, another process of the member has none yet', () => {
    const solo = pair()
    solo.hear(3, record(3, 'alive@1.0'))
    answerAfter(solo, 8)
    solo.hear(3, record(2, 'suspect@1.0'), record(2, 'alive@1.1'))
    expect.is(rttOf(solo), 8)
    solo.hear(3, record(2, 'alive@2.0'))
    expect.is(rttOf(solo), undefined)
  })

  test('the view of self shows its local health, and no view of others does', () => {
    const solo = pair()
    solo.hear(3, record(3, 'alive@1.0'))
    solo.run(5000)
    expect.ok(solo.core.localHealth > 0)
    expect.equal(solo.core.members().map(({ localHealth }) => localHealth), [solo.core.localHealth, undefined, undefined])
    expect.is(solo.core.get(peerOf(1))?.localHealth, solo.core.localHealth)
  })
})
