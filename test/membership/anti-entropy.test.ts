import type { MemberVersion } from '../../protocols/membership/index.js'
import { encodeMembershipFrame } from '../../protocols/membership/index.js'
import { suite, expect } from '../harness.js'
import { Solo, peerOf, record, statementOf, updatesOf } from './records.js'
import { World } from './world.js'
import type { Node } from './world.js'

const version = (number: number, statement: string): MemberVersion => {
  const { peer, generation, incarnation, health } = record(number, statement)
  return { peer, generation, incarnation, health }
}

/** What a core answers member 9 who says it holds this. */
function answer (solo: Solo, digest: { readonly listed?: readonly MemberVersion[], readonly remembered?: readonly MemberVersion[], readonly reply?: boolean }): { told: string[], wants: string[] | undefined } {
  solo.run(solo.nowMs)
  solo.core.step(peerOf(9), { kind: 'digest', reply: digest.reply ?? true, listed: digest.listed ?? [], remembered: digest.remembered ?? [] }, solo.nowMs)
  const messages = solo.core.takeEffects().sends.filter(({ to }) => to === peerOf(9)).map(({ message }) => message)
  const nameOf = (peer: string): number => Array.from({ length: 60 }, (_, number) => number).find((number) => peerOf(number) === peer) ?? -1
  const wanted = messages.find((message) => message.kind === 'digest')
  return {
    told: messages.flatMap((message) => updatesOf(message)).map((each) => `${nameOf(each.peer)} ${statementOf(each)}`).sort(),
    wants: wanted?.listed.map((each) => `${nameOf(each.peer)} above ${each.health}@${each.generation}.${each.incarnation}`).sort()
  }
}

/** A core that lists 2 alive, 3 suspect, 4 dead and 5 left, all at 1.3, and remembers 6, dead at 1.3. */
function holder (): Solo {
  const solo = new Solo(1)
  for (const number of [2, 3, 4, 5]) solo.hear(number, record(number, 'alive@1.3'))
  solo.bury(2, record(4, 'dead@1.3'))
  solo.hear(2, record(3, 'suspect@1.3'), record(5, 'left@1.3'), record(6, 'dead@1.3'))
  return solo
}

const ALL = [version(1, 'alive@1.0'), version(2, 'alive@1.3'), version(3, 'suspect@1.3'), version(4, 'dead@1.3'), version(5, 'left@1.3')]

suite('membership: anti-entropy by digest', ({ test }) => {
  test('who holds the same is told nothing and asked for nothing', () => {
    expect.equal(answer(holder(), { listed: ALL }), { told: [], wants: [] })
  })

  test('who holds less is told what it lacks, and only that', () => {
    expect.equal(answer(holder(), {}), { told: ['1 alive@1.0', '2 alive@1.3', '3 suspect@1.3', '4 dead@1.3', '5 left@1.3'], wants: [] })
    expect.equal(answer(holder(), { listed: [...ALL.slice(0, 3), version(4, 'suspect@1.3'), version(5, 'dead@1.2')] }).told, ['4 dead@1.3', '5 left@1.3'])
    expect.equal(answer(holder(), { listed: ALL.slice(0, 3), remembered: ALL.slice(3) }).told, [], 'not what it remembers')
    expect.equal(answer(holder(), { listed: ALL.slice(1), remembered: [version(1, 'alive@1.0')] }).told, ['1 alive@1.0'], 'unless hearing it lists a member')
  })

  test('who holds more is asked for what is lacking here, and only that', () => {
    const listed = [...ALL, version(7, 'alive@1.0'), version(8, 'dead@4.0')]
    expect.equal(answer(holder(), { listed }).wants, ['7 above alive@0.0', '8 above alive@0.0'])
    expect.equal(answer(holder(), { listed: [version(2, 'alive@1.4'), version(4, 'alive@2.0')] }).wants, ['2 above alive@1.3', '4 above dead@1.3'])
    expect.equal(answer(holder(), { listed: [version(6, 'dead@1.3')] }).wants, [], 'remembered')
    expect.equal(answer(holder(), { listed: [version(6, 'alive@1.4')] }).wants, ['6 above dead@1.3'])
    expect.equal(answer(holder(), { remembered: [version(7, 'alive@9.0')] }).wants, [], 'nobody passes on what is only remembered')
    expect.equal(answer(holder(), { listed: [version(7, `alive@1.${2 ** 40}`)] }).wants, [], 'nor is an absurd announcement wanted')
  })

  test('an accusation of the receiver is asked for, so that it is answered', () => {
    expect.equal(answer(holder(), { listed: [version(1, 'dead@1.0')] }).wants, ['1 above alive@1.0'])
    expect.equal(answer(holder(), { listed: [version(1, 'dead@1.0')] }).told.includes('1 alive@1.0'), false)
  })

  test('a death that others hold confirms no suspicion of ours, and is not asked for again', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
    solo.hear(3, record(2, 'suspect@1.0'))
    for (let i = 0; i < 5; i++) expect.equal(answer(solo, { listed: [version(2, 'dead@1.0')] }).wants, [])
    solo.core.step(peerOf(4), { kind: 'digest', reply: true, listed: [version(2, 'suspect@1.0')], remembered: [] }, solo.nowMs)
    solo.run(23_900)
    expect.is(solo.stateOf(2), 'suspect@1.0', 'only a failed probe of its own is a confirmation')
    solo.run(24_000)
    expect.is(solo.stateOf(2), 'dead@1.0')
  })

  test('what is wanted is sent if it is newer, and ends the exchange', () => {
    const solo = holder()
    expect.equal(answer(solo, { reply: false, listed: [version(2, 'alive@1.2'), version(4, 'dead@1.3'), version(6, 'alive@0.0'), version(5, 'alive@0.0')] }), {
      told: ['2 alive@1.3', '5 left@1.3'], wants: undefined
    })
    expect.equal(answer(solo, { reply: false }), { told: [], wants: undefined })
  })

  test('a digest with more versions than the wire takes, or the same peer many times, is read as far as it goes', () => {
    const many = Array.from({ length: 3000 }, (_, position) => version(position + 10, 'alive@1.0'))
    const solo = holder()
    solo.core.step(peerOf(9), { kind: 'digest', reply: true, listed: many, remembered: many }, solo.nowMs)
    const sends = solo.core.takeEffects().sends.filter(({ to }) => to === peerOf(9))
    const wanted = sends.map(({ message }) => message).find((message) => message.kind === 'digest')
    expect.is(wanted?.listed.length, 1024)
    expect.equal(answer(holder(), { listed: Array.from({ length: 1000 }, () => version(2, 'alive@1.0')) }).told.filter((each) => each.startsWith('2 ')), ['2 alive@1.3'])
  })

  test('[defect ringpop-go #134] given one side that knows what the other does not, both ways, when either asks, then one exchange makes them equal', () => {
    const [a, b] = [new Solo(1), new Solo(9)]
    for (const number of [2, 3, 4]) a.hear(number, record(number, 'alive@1.0'))
    a.bury(2, record(3, 'dead@1.0'))
    for (const number of [3, 4, 5]) b.hear(number, record(number, number === 4 ? 'alive@1.2' : 'alive@1.0'))
    b.hear(5, record(6, 'left@1.0'))
    const digest = { kind: 'digest' as const, reply: true, listed: a.core.members().map(({ record: { peer, generation, incarnation, health } }) => ({ peer, generation, incarnation, health })), remembered: [] }
    for (const solo of [a, b]) solo.core.takeEffects()
    b.core.step(peerOf(1), digest, 0)
    for (const { to, message } of b.core.takeEffects().sends) if (to === peerOf(1)) a.core.step(peerOf(9), message, a.nowMs)
    for (const { to, message } of a.core.takeEffects().sends) if (to === peerOf(9)) b.core.step(peerOf(1), message, 0)
    expect.equal([2, 3, 4, 5, 9].map((number) => a.stateOf(number)), ['alive@1.0', 'dead@1.0', 'alive@1.2', 'alive@1.0', 'alive@1.0'])
    expect.equal([2, 3, 4, 5, 1].map((number) => b.stateOf(number)), ['alive@1.0', 'suspect@1.0', 'alive@1.2', 'alive@1.0', 'alive@1.0'])
  })

  test('[defect ringpop-go #139] [defect ringpop-node #143] given a quiet cluster with dead, left and forgotten members, when it syncs for hours, then no record is sent any more', () => {
    const options = { syncIntervalMs: 2000, deadRememberedMs: 60_000, leftRememberedMs: 120_000 }
    const world = new World({ seed: 'quiet syncs', options })
    const nodes = world.cluster(6)
    world.crash(nodes[5]!, 'host down')
    world.act(nodes[4]!, (core) => { core.leave(world.nowMs) })
    world.crash(nodes[4]!, 'exited')
    world.runFor(90_000)
    const [joiner] = world.add(1) as [Node]
    world.connect(joiner, nodes[0]!)
    for (const phaseMs of [20_000, 300_000]) {
      world.runFor(phaseMs)
      let records = 0
      let digests = 0
      let bytes = 0
      world.onSend = (_from, to, message) => {
        if (to.core === undefined) return
        records += message.kind === 'sync' ? message.records.length : 0
        if (message.kind === 'digest' && message.reply) {
          digests++
          bytes += encodeMembershipFrame([message]).length
        }
      }
      world.runFor(60_000)
      expect.is(records, 0, `after ${world.nowMs} ms`)
      expect.ok(digests > 100 && bytes / digests < 600, `${digests} digests of ${bytes / digests} bytes`)
    }
  })

  test('a greeted joiner holds everything after one round trip', () => {
    const world = new World({ seed: 'one round trip', delayMs: [10, 10] })
    const nodes = world.cluster(20)
    const [joiner] = world.add(1) as [Node]
    world.connect(joiner, nodes[0]!)
    world.runFor(20)
    expect.is(joiner.running.aliveCount, 21)
    expect.is(nodes[0]!.stateOf(joiner), 'alive@1.0')
  })
})
