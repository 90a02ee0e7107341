import type { Signatures } from '../../src/membership/index.js'
import { UNPROVEN_PER_MESSAGE_MAX } from '../../src/membership/limits.js'
import { encodeSelfStatement } from '../../protocols/membership/index.js'
import type { MemberRecord } from '../../protocols/membership/index.js'
import { suite, expect } from '../harness.js'
import { Solo, addressOf, peerOf, record, resigned, signaturesOf, statementOf, updatesOf } from './records.js'
import { World } from './world.js'

/** Signatures of a member that count what is verified. */
function counting (number: number): Signatures & { readonly verified: Map<string, number> } {
  const own = signaturesOf(number)
  const verified = new Map<string, number>()
  return {
    verified,
    sign: (statement) => own.sign(statement),
    verify: (peer, statement, signature) => {
      const key = Buffer.from(statement).toString('hex')
      verified.set(key, (verified.get(key) ?? 0) + 1)
      return own.verify(peer, statement, signature)
    }
  }
}

/** The record as member 9 would sign it, who is not its subject. */
const forged = (number: number, statement: string, change: Partial<MemberRecord> = {}): MemberRecord => resigned(record(number, statement, change), 9)

/** A core that knows members 2 to 4 and has told so. */
function acquainted (signatures?: Signatures): Solo {
  const solo = new Solo(1, signatures === undefined ? {} : { signatures })
  for (const number of [2, 3, 4]) solo.hear(number, record(number, 'alive@1.3'))
  solo.run(10_000)
  return solo
}

suite('membership: signatures', ({ test }) => {
  test('given a member at 1.3, when others say anything of it that it never said, then nothing changes and it is counted', () => {
    for (const forgery of [
      forged(2, 'alive@1.4'), forged(2, 'alive@2.0'), forged(2, 'suspect@1.4'), forged(2, 'dead@1.9'), forged(2, 'left@1.3'), forged(2, 'left@1.4'),
      { ...record(2, 'alive@1.4'), multiaddrs: [addressOf(66)] }, { ...record(2, 'alive@1.4'), http: 'http://elsewhere:1' },
      { ...record(2, 'dead@1.4'), multiaddrs: [addressOf(66)] }, { ...record(2, 'alive@1.3'), incarnation: record(2, 'alive@1.4').incarnation },
      { ...record(2, 'alive@1.4'), signature: new Uint8Array(0) }, { ...record(2, 'alive@1.4'), signature: new Uint8Array(63) },
      { ...record(2, 'left@1.3'), signature: record(2, 'alive@1.3').signature }, { ...record(2, 'alive@1.4'), signature: record(2, 'left@1.4').signature }
    ]) {
      for (const channel of ['hear', 'sync'] as const) {
        const solo = acquainted()
        solo[channel](3, forgery)
        const name = `${channel} ${statementOf(forgery)}`
        expect.is(solo.stateOf(2), 'alive@1.3', name)
        expect.is(solo.core.unprovenCount, 1, name)
        const sends = solo.run(20_000).flatMap((effects) => effects.sends)
        expect.not(sends.some(({ message }) => updatesOf(message).some(({ peer }) => peer === peerOf(2))), name)
      }
    }
  })

  test('given a stranger, when it is told of without proof, then it is neither listed nor remembered', () => {
    for (const statement of ['alive@1.0', 'suspect@1.0', 'dead@1.0', 'left@1.0']) {
      const solo = acquainted()
      solo.hear(3, forged(7, statement))
      solo.sync(3, forged(7, statement))
      const effects = solo.run(60_000)
      expect.is(solo.core.unprovenCount, 2)
      expect.is(solo.stateOf(7), 'unknown')
      expect.equal(effects.flatMap(({ remember }) => remember), [])
      expect.not(effects.some(({ sends }) => sends.some(({ to }) => to === peerOf(7))))
    }
  })

  test('an opinion about the announcement that is known needs no proof and costs no verification', () => {
    const signatures = counting(1)
    const solo = acquainted(signatures)
    const cost = (): number => [...signatures.verified.values()].reduce((sum, count) => sum + count, 0)
    const before = cost()
    solo.hear(3, { ...record(2, 'suspect@1.3'), signature: new Uint8Array(64) })
    solo.bury(3, record(4, 'dead@1.3'))
    expect.equal([solo.stateOf(2), solo.stateOf(4)], ['suspect@1.3', 'dead@1.3'])
    solo.hear(2, record(1, 'suspect@1.0'))
    expect.is(solo.stateOf(1), 'alive@1.1', 'also of ourselves')
    expect.equal([cost(), solo.core.unprovenCount], [before, 0])
    solo.core.takeEffects()
    solo.core.step(peerOf(9), { kind: 'digest', reply: true, listed: [], remembered: [] }, solo.nowMs)
    const told = solo.core.takeEffects().sends.flatMap(({ message }) => updatesOf(message)).find(({ peer }) => peer === peerOf(2))
    expect.equal(told, record(2, 'suspect@1.3'), 'and is passed on with the proof that is known')
  })

  test('an opinion about an announcement that is not known brings the proof of it along', () => {
    const solo = acquainted()
    solo.hear(3, record(2, 'suspect@1.4', { multiaddrs: [addressOf(77)] }))
    expect.is(solo.stateOf(2), 'suspect@1.4')
    expect.equal(solo.core.get(peerOf(2))?.record.multiaddrs, [addressOf(77)])
    solo.hear(3, record(8, 'suspect@1.0'))
    expect.is(solo.stateOf(8), 'suspect@1.0')
    expect.is(solo.core.unprovenCount, 0)
  })

  test('given 200 members, when a joiner hears of each from many, then it verifies each announcement once', () => {
    const signatures = counting(1)
    const solo = new Solo(1, { signatures })
    const records = Array.from({ length: 200 }, (_, position) => record(position + 2, position % 5 === 4 ? 'dead@1.0' : 'alive@1.0'))
    for (const from of [2, 3, 4]) {
      solo.sync(from, ...records)
      for (const each of records) solo.hear(from, each)
    }
    solo.core.remember(records, 0)
    expect.is(signatures.verified.size, 200)
    expect.ok([...signatures.verified.values()].every((count) => count === 1), 'none twice')
    for (const each of records.filter(({ health }) => health === 'alive').slice(0, 50)) solo.hear(2, { ...each, health: 'suspect' })
    expect.is(signatures.verified.size, 200)
  })

  test('of a message with many statements without proof the rest is not read, and the next message is', () => {
    const solo = acquainted()
    const forgeries = Array.from({ length: 20 }, (_, position) => forged(20 + position, 'alive@1.0'))
    solo.hear(3, ...forgeries, record(50, 'alive@1.0'))
    solo.sync(3, ...forgeries, record(50, 'alive@1.0'))
    expect.equal([solo.core.unprovenCount, solo.stateOf(50)], [2 * UNPROVEN_PER_MESSAGE_MAX, 'unknown'])
    solo.hear(3, ...forgeries.slice(1, UNPROVEN_PER_MESSAGE_MAX), record(50, 'alive@1.0'))
    expect.is(solo.stateOf(50), 'alive@1.0')
  })

  test('nobody can make a node believe in a conflict over its identity, or raise its incarnation, but with its own key', () => {
    for (const statement of ['alive@2.0', 'alive@1.1', 'suspect@1.1', 'dead@1.7', 'left@1.0', 'dead@3.0']) {
      const solo = acquainted()
      solo.core.takeEffects()
      solo.hear(3, forged(1, statement))
      expect.is(solo.core.takeEffects().conflict, undefined, statement)
      expect.equal([solo.stateOf(1), solo.core.unprovenCount], ['alive@1.0', 1], statement)
    }
    const solo = acquainted()
    solo.hear(3, forged(1, 'alive@1.0', { multiaddrs: [] }))
    expect.is(solo.core.takeEffects().conflict, undefined)
    solo.hear(3, record(1, 'dead@3.0'))
    expect.is(solo.core.takeEffects().conflict?.kind, 'later-generation')
  })

  test('whatever a node says of itself it signs: its start, new addresses, a refutation, its goodbye', () => {
    const solo = acquainted()
    const isOwn = (): boolean => {
      const own = solo.core.members()[0]!.record
      return signaturesOf(7).verify(peerOf(1), encodeSelfStatement(own), own.signature)
    }
    const steps: Array<[string, () => void]> = [
      ['alive@1.0', () => {}],
      ['alive@1.1', () => { solo.core.updateSelf({ http: 'http://10.0.0.1:1' }, solo.nowMs) }],
      ['alive@1.2', () => { solo.hear(2, { ...solo.core.members()[0]!.record, health: 'suspect' }) }],
      ['left@1.2', () => { solo.core.leave(solo.nowMs) }],
      ['left@1.10', () => { solo.hear(2, record(1, 'dead@1.9')) }]
    ]
    for (const [statement, step] of steps) {
      step()
      expect.equal([solo.stateOf(1), isOwn()], [statement, true])
    }
  })

  test('the statement of a goodbye is another than that of the announcement, and opinions are not part of it', () => {
    const bytes = (statement: string, change: Partial<MemberRecord> = {}): string => Buffer.from(encodeSelfStatement(record(2, statement, change))).toString('hex')
    expect.is(bytes('alive@1.3'), bytes('suspect@1.3'))
    expect.is(bytes('alive@1.3'), bytes('dead@1.3'))
    const different = [
      bytes('alive@1.3'), bytes('left@1.3'), bytes('alive@1.4'), bytes('alive@2.3'), bytes('alive@1.3', { http: '' }), bytes('alive@1.3', { multiaddrs: [] }),
      bytes('alive@1.3', { multiaddrs: [addressOf(2), addressOf(3)] }), bytes('alive@1.3', { multiaddrs: [addressOf(3), addressOf(2)] }),
      bytes('alive@1.3', { peer: peerOf(3) }), bytes('alive@1.3', { name: record(3, 'alive@1.0').name })
    ]
    expect.is(new Set(different).size, different.length)
  })

  test('a record without a signature, from the disk of an earlier version, is knocked at and never told', () => {
    const solo = new Solo(1)
    solo.hear(3, record(3, 'alive@1.0'))
    solo.core.remember([{ ...record(2, 'alive@5.0'), signature: new Uint8Array(0) }], 0)
    solo.hear(2, record(2, 'alive@4.0'))
    const sends = solo.run(60_000).flatMap((effects) => effects.sends)
    expect.ok(sends.some(({ to, message }) => to === peerOf(2) && message.kind === 'ping'))
    expect.not(sends.some(({ message }) => updatesOf(message).some(({ peer }) => peer === peerOf(2))))
    solo.hear(2, record(2, 'alive@5.0'))
    expect.is(solo.stateOf(2), 'alive@5.0')
  })

  test('a liar among ten makes nobody believe anything about the others', () => {
    const world = new World({ seed: 'liar' })
    const nodes = world.cluster(10)
    const liar = nodes[9]!
    for (const node of nodes) node.events.length = 0
    for (let second = 0; second < 20; second++) {
      for (const node of nodes.slice(0, 9)) {
        const victim = 1 + world.random.below(9)
        const statement = `${['alive', 'suspect', 'dead', 'left'][world.random.below(4)]}@${1 + world.random.below(2)}.${1 + world.random.below(50)}`
        world.whisper(node, liar, resigned(record(victim, statement), 10))
      }
      world.runFor(1000)
    }
    world.runFor(30_000)
    expect.equal(nodes.flatMap(({ events }) => events), [])
    expect.ok(nodes.slice(0, 9).every((node) => node.conflict === undefined && node.running.unprovenCount === 20))
  })
})
