import type { Multiaddr, NodeName, PeerId } from '../../src/base/index.js'
import { HTTP_SIZE_BYTES_MAX, MULTIADDR_COUNT_MAX, MULTIADDR_SIZE_BYTES_MAX } from '../../protocols/limits.js'
import { RELAYS_MAX, UPDATES_PER_MESSAGE_MAX } from '../../src/membership/limits.js'
import { SYNC_RECORD_COUNT_MAX } from '../../protocols/membership/index.js'
import { suite, expect } from '../harness.js'
import { Solo, addressOf, peerOf, probe, record, updatesOf } from './records.js'

const messagesTo = (solo: Solo, number: number) => solo.core.takeEffects().sends.filter(({ to }) => to === peerOf(number)).map(({ message }) => message)

suite('membership: limits and hostile peers', ({ test }) => {
  test('a record beyond the limits is ignored whole, of a stranger, of a member and from disk', () => {
    const bad = [
      { multiaddrs: Array.from({ length: MULTIADDR_COUNT_MAX + 1 }, (_, position) => addressOf(position)) },
      { multiaddrs: [`/${'x'.repeat(MULTIADDR_SIZE_BYTES_MAX)}` as Multiaddr] },
      { http: 'x'.repeat(HTTP_SIZE_BYTES_MAX + 1) },
      { name: '../etc' as NodeName }
    ]
    for (const change of bad) {
      const solo = new Solo(1)
      solo.hear(3, record(2, 'alive@1.0', change), record(4, 'dead@1.0', change))
      expect.is(solo.core.members().length, 1)
      expect.equal(solo.core.takeEffects().remember, [])
      solo.hear(3, record(2, 'alive@1.0'))
      solo.hear(3, record(2, 'alive@1.1', change))
      expect.is(solo.stateOf(2), 'alive@1.0')
      solo.core.remember([record(5, 'alive@1.0', change)], 0)
      const pinged = solo.run(5000).flatMap(({ sends }) => sends.map(({ to }) => to))
      expect.not(pinged.includes(peerOf(5)) || pinged.includes(peerOf(4)))
    }
    const solo = new Solo(1)
    solo.hear(3, record(2, 'alive@1.0', { peer: 'nobody' as PeerId }))
    expect.is(solo.core.members().length, 1)
  })

  test('own addresses beyond the limit are not announced', () => {
    const solo = new Solo(1)
    const many = Array.from({ length: MULTIADDR_COUNT_MAX + 5 }, (_, position) => addressOf(position))
    solo.core.updateSelf({ multiaddrs: [`/${'x'.repeat(MULTIADDR_SIZE_BYTES_MAX)}` as Multiaddr, ...many] }, 0)
    expect.equal(solo.core.members()[0]!.record.multiaddrs, many.slice(0, MULTIADDR_COUNT_MAX))
  })

  test('[defect memberlist #357] of a message with too many updates only so many are read', () => {
    const solo = new Solo(1)
    solo.hear(2, ...Array.from({ length: UPDATES_PER_MESSAGE_MAX + 10 }, (_, position) => record(position + 2, 'alive@1.0')))
    expect.is(solo.core.members().length, UPDATES_PER_MESSAGE_MAX + 1)
    solo.sync(2, ...Array.from({ length: 1100 }, (_, position) => record(position + 2, 'dead@1.0')))
    expect.ok(solo.core.takeEffects().remember.length <= 1024)
  })

  test('members are bounded: a joiner takes the place of the longest dead, or is refused', () => {
    const solo = new Solo(1, { options: { membersMax: 4 } })
    for (const number of [2, 3, 4, 5, 6]) solo.hear(number, record(number, 'alive@1.0'))
    expect.is(solo.core.aliveCount, 5)
    expect.is(solo.stateOf(6), 'unknown')
    solo.hear(2, { ...record(6, 'alive@1.0'), signature: new Uint8Array(64) })
    expect.is(solo.core.unprovenCount, 0, 'and whoever cannot be listed costs no verification')
    solo.bury(2, record(4, 'dead@1.0'))
    solo.run(solo.nowMs + 10)
    solo.hear(2, record(3, 'left@1.0'))
    solo.hear(6, { ...record(6, 'alive@1.0'), signature: new Uint8Array(64) })
    expect.is(solo.stateOf(4), 'dead@1.0', 'nobody gives way for what is not proven')
    solo.hear(6, record(6, 'alive@1.0'))
    expect.equal([3, 4, 6].map((number) => solo.stateOf(number)), ['left@1.0', 'unknown', 'alive@1.0'])
  })

  test('even with as many members as allowed neither a sync nor a digest is larger than the wire takes', () => {
    const solo = new Solo(1)
    for (let number = 2; number <= 1100; number++) solo.hear(number, record(number, 'alive@1.0'))
    solo.core.takeEffects()
    solo.core.step(peerOf(2), { kind: 'digest', reply: true, listed: [], remembered: [] }, 0)
    const [reply] = messagesTo(solo, 2)
    expect.is(reply?.kind === 'sync' && reply.records.length, SYNC_RECORD_COUNT_MAX)
    const digest = solo.run(300_000).flatMap(({ sends }) => sends).find(({ message }) => message.kind === 'digest')?.message
    expect.is(digest?.kind === 'digest' && digest.listed.length, SYNC_RECORD_COUNT_MAX)
  })

  test('remembered addresses are bounded, and who gave way is named', () => {
    const solo = new Solo(1, { options: { rememberedMax: 3 } })
    solo.sync(9, ...[2, 3, 4, 5].map((number) => record(number, 'dead@1.0')))
    const { remember, forget } = solo.core.takeEffects()
    expect.equal(forget, [peerOf(2)])
    expect.equal(remember.map(({ peer }) => peer), [3, 4, 5].map(peerOf))
    solo.sync(9, record(2, 'dead@1.0'))
    const next = solo.core.takeEffects()
    expect.equal([next.forget, next.remember.map(({ peer }) => peer)], [[peerOf(3)], [peerOf(2)]])
  })

  test('[defect memberlist a4d59f3] requests for indirect probes are bounded, and have an end', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.0'))
    solo.core.takeEffects()
    const { updates, ...header } = probe('ping', 1, []) as Extract<ReturnType<typeof probe>, { kind: 'ping' }>
    for (let sequence = 1; sequence <= RELAYS_MAX + 100; sequence++) {
      solo.core.step(peerOf(2), { ...header, updates, sequence, kind: 'ping-request', target: peerOf(3) }, 0)
    }
    expect.is(messagesTo(solo, 3).length, RELAYS_MAX)
    solo.mute.add(peerOf(3))
    solo.run(1001)
    solo.core.step(peerOf(2), { ...header, updates, sequence: 9999, kind: 'ping-request', target: peerOf(3) }, 1001)
    expect.is(messagesTo(solo, 3).length, 1)
  })

  test('a helper asked about itself answers, and a relayed answer must come from the target', () => {
    const solo = new Solo(1)
    for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.0'))
    solo.core.takeEffects()
    const { updates, epoch, durableBatch } = probe('ping', 1, []) as Extract<ReturnType<typeof probe>, { kind: 'ping' }>
    const request = { kind: 'ping-request', updates, epoch, durableBatch, sequence: 70 } as const
    solo.core.step(peerOf(2), { ...request, target: peerOf(1) }, 0)
    expect.equal(messagesTo(solo, 2).map((message) => message.kind), ['ack'])
    solo.core.step(peerOf(2), { ...request, target: peerOf(3) }, 0)
    const [ping] = messagesTo(solo, 3)
    const sequence = ping?.kind === 'ping' ? ping.sequence : 0
    solo.core.step(peerOf(4), probe('ack', sequence, []), 0)
    expect.equal(messagesTo(solo, 2), [])
    solo.core.step(peerOf(3), probe('ack', sequence, []), 0)
    expect.equal(messagesTo(solo, 2).map((message) => [message.kind, message.kind === 'ack' && message.sequence]), [['ack', 70]])
  })

  test('a peer met that never answers is greeted so many times and no more, and no more once its connection is gone', () => {
    const solo = new Solo(1)
    solo.core.meet(peerOf(2), 0)
    solo.core.meet(peerOf(3), 0)
    solo.core.connectionClosed(peerOf(3), 0)
    const sends = solo.run(60_000).flatMap((effects) => effects.sends)
    for (const kind of ['digest', 'sync']) {
      expect.is(sends.filter(({ to, message }) => to === peerOf(2) && message.kind === kind).length, 10)
      expect.is(sends.filter(({ to, message }) => to === peerOf(3) && message.kind === kind).length, 1)
    }
  })

  test('[defect foca #34] words of ourselves under another connection are ignored, and we never list or probe ourselves', () => {
    const solo = new Solo(1)
    solo.core.meet(peerOf(1), 0)
    solo.core.step(peerOf(1), probe('ping', 5, [record(2, 'alive@1.0')]), 0)
    solo.sync(2, record(1, 'alive@1.0'), record(1, 'suspect@0.7'))
    solo.core.remember([record(1, 'alive@0.0')], 0)
    const sends = solo.run(20_000).flatMap((effects) => effects.sends)
    expect.not(sends.some(({ to }) => to === peerOf(1)))
    expect.is(solo.core.members().length, 1)
  })

  test('[defect foca #25] accusing without end costs the accused one message per round of gossip', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.run(5000)
    let sent = 0
    for (let i = 0; i < 1000; i++) {
      solo.hear(2, record(1, `dead@1.${i * 2}`))
      sent += solo.run(solo.nowMs + 1).flatMap((effects) => effects.sends).filter(({ message }) => updatesOf(message).length > 0).length
    }
    expect.ok(sent <= 7, `${sent} messages in 1 s`)
  })

  test('what peers say of themselves in probe traffic is passed on', () => {
    const solo = new Solo(1)
    solo.core.step(peerOf(2), { ...probe('ping', 1, []), epoch: 7, durableBatch: 9 } as ReturnType<typeof probe>, 0)
    const { heard, sends: [first] } = solo.core.takeEffects()
    expect.equal(heard, [{ peer: peerOf(2), epoch: 7, durableBatch: 9 }])
    expect.equal([first?.message.kind, first?.message.kind === 'ack' && first.message.sequence], ['ack', 1])
  })
})
