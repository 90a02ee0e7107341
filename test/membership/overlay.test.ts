import fc from 'fast-check'
import { Prng } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import { NEIGHBOURS_MAX } from '../../src/membership/index.js'
import { Overlay } from '../../src/membership/overlay.js'
import { ProbeRing } from '../../src/membership/probe-ring.js'
import { OVERLAY_RINGS, Rings } from '../../src/membership/rings.js'
import { expect, suite } from '../harness.js'
import { neighboursBySorting, reachable } from './overlay-worlds.js'
import { Solo, peerOf, record } from './records.js'

const peersOf = (count: number, from = 1): PeerId[] => Array.from({ length: count }, (_, i) => peerOf(from + i))

function ringsOf (own: PeerId, others: Iterable<PeerId>): Rings {
  const rings = new Rings(own)
  for (const peer of others) if (peer !== own) rings.insert(peer)
  return rings
}

const sorted = (peers: Iterable<PeerId>): PeerId[] => [...peers].sort()

/** A node's overlay with the list that its owner keeps. */
class Kept {
  readonly members: ProbeRing
  readonly overlay: Overlay
  readonly present = new Set<PeerId>()

  constructor (own: PeerId, meshMembersMax: number) {
    const random = new Prng('kept')
    this.members = new ProbeRing(random)
    this.overlay = new Overlay({ own, random, meshMembersMax, members: this.members })
  }

  toggle (peer: PeerId): void {
    if (this.present.delete(peer)) {
      this.members.remove(peer)
      this.overlay.removed(peer)
    } else {
      this.present.add(peer)
      this.members.insert(peer)
      this.overlay.inserted(peer)
    }
  }
}

/** One core that has heard of members 2 … count. */
function soloAmong (count: number, meshMembersMax: number): Solo {
  const solo = new Solo(1, { options: { meshMembersMax } })
  for (let number = 2; number <= count; number++) solo.hear(2, record(number, 'alive@1.0'))
  return solo
}

const numberOf = new Map(peersOf(400).map((peer, i) => [peer, i + 1]))

suite('membership: the overlay\'s rings', ({ test }) => {
  test('neighbours are whoever is next on one of ten sorted rings: mutual, and twenty at most, among 201 to 1000 members', () => {
    for (const count of [201, 300, 512, 1000]) {
      const peers = peersOf(count, 7 * count)
      const expected = neighboursBySorting(peers)
      for (const own of peers) {
        const neighbours = ringsOf(own, peers).neighbours()
        expect.equal(sorted(neighbours), sorted(expected.get(own)!), `${own} of ${count}`)
        expect.ok(neighbours.size <= NEIGHBOURS_MAX && neighbours.size > OVERLAY_RINGS, `${neighbours.size} neighbours`)
        expect.not.ok(neighbours.has(own))
      }
      for (const [peer, neighbours] of expected) for (const other of neighbours) expect.ok(expected.get(other)!.has(peer))
    }
  })

  test('of 100 random memberships each is connected, also without any tenth of its members', () => {
    for (let number = 0; number < 100; number++) {
      const random = new Prng(`connected ${number}`)
      const peers = random.shuffle(peersOf(1200)).slice(0, random.between(201, 600))
      const neighbours = neighboursBySorting(peers)
      expect.is(reachable(neighbours), peers.length, `seed ${number}`)
      const crashed = new Set(peers.slice(0, Math.floor(peers.length / 10)))
      const left = new Map([...neighbours].filter(([peer]) => !crashed.has(peer)).map(([peer, all]) => [peer, new Set([...all].filter((other) => !crashed.has(other)))]))
      expect.is(reachable(left), left.size, `seed ${number}, a tenth of them crashed`)
    }
  })

  test('two peers at one place of a ring stand in the order of their ids, for everybody', () => {
    const byPosition = new Map<string, PeerId>()
    const twins: Array<readonly [PeerId, PeerId]> = []
    for (const peer of peersOf(70_000)) {
      const chance = new Prng(peer)
      for (let ring = 0; ring < OVERLAY_RINGS; ring++) {
        const place = `${ring} ${chance.uint32()}`
        const other = byPosition.get(place)
        if (other === undefined) byPosition.set(place, peer)
        else twins.push([other, peer])
      }
    }
    expect.ok(twins.length > 0, 'no twins among the peer ids of this test')
    for (const pair of twins) {
      const peers = [...pair, ...peersOf(60, 80_000)]
      const expected = neighboursBySorting(peers)
      for (const own of peers) {
        expect.equal(sorted(ringsOf(own, peers).neighbours()), sorted(expected.get(own)!), `${own} among ${pair.join(' ')}`)
        expect.equal(sorted(ringsOf(own, peers.toReversed()).neighbours()), sorted(expected.get(own)!), `${own} among ${pair.join(' ')}, the other way round`)
      }
    }
  })
})

suite('membership: mesh or overlay', ({ test }) => {
  test('after any joins and leaves in any order it is as if built from scratch, on above the limit and off below nine tenths of it', () => {
    const own = peerOf(1)
    const others = peersOf(60, 2)
    fc.assert(fc.property(fc.array(fc.nat(others.length - 1), { minLength: 40, maxLength: 160 }), (choices) => {
      const kept = new Kept(own, 30)
      let isOn = false
      for (const choice of choices) {
        kept.toggle(others[choice]!)
        const count = kept.present.size + 1
        isOn = isOn ? count >= 27 : count > 30
        expect.is(kept.overlay.isOn, isOn, `${count} members`)
        expect.is(kept.overlay.isSparse, isOn && count > 30)
        const expected = isOn ? sorted(neighboursBySorting([own, ...kept.present]).get(own)!) : sorted(kept.present)
        expect.equal(sorted(kept.overlay.watched.peers), expected)
        for (const peer of others) expect.is(kept.overlay.isNeighbour(peer), isOn && expected.includes(peer))
      }
    }), { numRuns: 100, seed: 20_240 })
  })

  test('a node with 200 members watches all of them; with 201 only its neighbours, each once per round', () => {
    const mesh = soloAmong(200, 200)
    expect.not.ok(mesh.core.isOverlaid)
    expect.is(mesh.core.neighbours().length, 199)
    const solo = soloAmong(201, 200)
    expect.ok(solo.core.isOverlaid)
    const expected = sorted(neighboursBySorting(peersOf(201)).get(peerOf(1))!)
    expect.equal(sorted(solo.core.neighbours()), expected)
    const pinged = solo.run(100_000).flatMap(({ sends }) => sends).filter(({ message }) => message.kind === 'ping').map(({ to }) => to)
    expect.ok(pinged.length >= 99, `${pinged.length} probes`)
    for (let i = 0; i + expected.length <= pinged.length; i += expected.length) expect.equal(sorted(pinged.slice(i, i + expected.length)), expected)
  })

  test('a closed connection makes a node look at a neighbour at once, at others not; what is refused is suspected either way', () => {
    const solo = soloAmong(300, 200)
    solo.run(3000)
    const [neighbour] = solo.core.neighbours()
    const stranger = peersOf(299, 2).find((peer) => !solo.core.isNeighbour(peer))!
    expect.ok(solo.core.needsConnection(neighbour!) && !solo.core.needsConnection(stranger))
    solo.core.connectionClosed(stranger, solo.nowMs)
    expect.equal(solo.core.takeEffects().sends, [])
    solo.core.connectionClosed(neighbour!, solo.nowMs)
    expect.equal(solo.core.takeEffects().sends.map(({ to, message }) => [to, message.kind]), [[neighbour, 'ping']])
    solo.core.connectionRefused(stranger, solo.nowMs)
    expect.is(solo.stateOf(numberOf.get(stranger)!), 'suspect@1.0')
  })

  test('only living neighbours are asked for help, and told the news', () => {
    const solo = soloAmong(300, 200)
    solo.run(60_000)
    const neighbours = solo.core.neighbours()
    const isAlive = new Set<PeerId>(neighbours)
    for (const peer of neighbours.slice(0, 15)) {
      solo.hear(2, record(numberOf.get(peer)!, 'suspect@1.0'))
      isAlive.delete(peer)
    }
    for (const peer of neighbours) solo.mute.add(peer)
    const sends = solo.run(66_000).flatMap((effects) => effects.sends)
    const asked = sends.filter(({ message }) => message.kind === 'ping-request').map(({ to }) => to)
    expect.ok(asked.length >= 6, `${asked.length} asked`)
    expect.ok(asked.every((peer) => isAlive.has(peer)), 'a helper is suspect or no neighbour')
    const told = sends.filter(({ message }) => message.kind === 'ack').map(({ to }) => to)
    expect.ok(told.length >= 6 && told.every((peer) => neighbours.includes(peer)), `${told.length} told, strangers: ${told.filter((peer) => !neighbours.includes(peer)).join(' ')}`)
  })

  test('who leaves tells neighbours, which are connected', () => {
    const solo = soloAmong(300, 200)
    solo.run(60_000)
    solo.core.leave(solo.nowMs)
    const told = new Set(solo.core.takeEffects().sends.map(({ to }) => to))
    expect.ok(told.size >= 12 && [...told].every((peer) => solo.core.isNeighbour(peer)), `${told.size} told`)
  })

  test('between the two thresholds connections are kept: those who started later are still in the mesh', () => {
    const solo = soloAmong(201, 200)
    const stranger = peersOf(200, 2).find((peer) => !solo.core.isNeighbour(peer))!
    expect.not.ok(solo.core.needsConnection(stranger))
    const gone = peersOf(200, 2).find((peer) => peer !== stranger && !solo.core.isNeighbour(peer))!
    solo.bury(2, record(numberOf.get(gone)!, 'dead@1.0'))
    expect.ok(solo.core.isOverlaid && solo.core.needsConnection(stranger))
  })
})
