import { Prng, toGeneration, toNodeName } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { Membership, defaultMembershipOptions } from '../../src/membership/index.js'
import type { MembershipEvent } from '../../src/membership/index.js'
import type { NodeOrigin } from '../../src/node/index.js'
import { createScheduler, nowMs } from '../../src/runtime/index.js'
import { decodeMembershipFrame } from '../../protocols/membership/index.js'
import { World } from '../../sim/world/world.js'
import { suite, expect } from '../harness.js'
import { addressOf, peerOf, probe, record, signaturesOf } from './records.js'

/** A core on the real event loop, driven as the driver does it: what waits first, then the tick. */
class Live {
  readonly core: Membership
  readonly events: MembershipEvent[] = []
  readonly scheduler = createScheduler(() => { this.#turn() })
  pings = 0
  /** The worst so far: the next answered probe improves it at once. */
  localHealthMax = 0
  /** Called with every ping; what it returns is done as an input of a later turn. */
  onPing: () => void = () => {}
  #inputs: Array<() => void> = []

  constructor () {
    const options = { ...defaultMembershipOptions, probeIntervalMs: 100, probeTimeoutMs: 40, networkDelayMsMax: 5, gossipIntervalMs: 50 }
    const self = { peer: peerOf(1), name: toNodeName('node1'), generation: toGeneration(1), multiaddrs: [addressOf(1)], http: '' }
    this.core = new Membership(self, options, new Prng('live'), nowMs(), signaturesOf(1))
    this.input(() => { this.core.step(peerOf(2), probe('ack', 0, [record(2, 'alive@1.0'), record(3, 'alive@1.0')]), nowMs()) })
  }

  input (input: () => void): void {
    this.#inputs.push(input)
    this.scheduler.requestTurn()
  }

  /** Waits for real: until the condition holds, or 5 s. */
  async until (condition: () => boolean): Promise<void> {
    const endMs = nowMs() + 5000
    while (!condition() && nowMs() < endMs) await new Promise((resolve) => { setTimeout(resolve, 5) })
    expect.ok(condition(), 'it came about in time')
  }

  #turn (): void {
    const inputs = this.#inputs
    this.#inputs = []
    for (const input of inputs) input()
    const atMs = nowMs()
    if (this.core.nextDeadlineMs <= atMs) this.core.tick(atMs)
    this.localHealthMax = Math.max(this.localHealthMax, this.core.localHealth)
    const effects = this.core.takeEffects()
    this.events.push(...effects.events)
    for (const { to, message } of effects.sends) {
      if (message.kind !== 'ping') continue
      this.pings++
      this.onPing()
      this.input(() => { this.core.step(to, probe('ack', message.sequence, []), nowMs()) })
    }
    this.scheduler.wakeAt(Math.ceil(this.core.nextDeadlineMs / 10) * 10)
  }
}

function block (forMs: number): void {
  const endMs = nowMs() + forMs
  while (nowMs() < endMs) { /* the event loop is busy */ }
}

/** Two nodes of one partition, founded. */
async function two (seed: string): Promise<World> {
  const world = new World({ seed })
  const origin: NodeOrigin = {
    kind: 'named',
    peers: ['a', 'b'].map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr })),
    partitions: 1,
    groups: [{ master: toNodeName('a'), slaves: [toNodeName('b')] }],
    replicas: 3, configuration: 'two'
  }
  for (const name of ['a', 'b']) world.add(name, origin)
  for (const name of ['a', 'b']) world.start(name)
  const isWhole = (): boolean => ['a', 'b'].every((name) => (world.node(name).driver?.members() ?? []).filter(({ health }) => health === 'alive').length === 2)
  expect.ok(await world.until(isWhole, 20_000))
  await world.run(5000)
  return world
}

/** Lets node a ping b, whose answer arrives 30 ms after the probe's interval has ended; returns what a believes then. */
async function answeredLate (seed: string, pausesFrom: number | undefined): Promise<{ health: string | undefined, localHealth: number | undefined }> {
  const world = await two(seed)
  const [a, b] = [world.node('a'), world.node('b')]
  let sentUs = Infinity
  world.network.onSent = (from, _to, channel, payload) => {
    if (sentUs < Infinity || from.address !== a.address || channel !== 'membership') return
    if (!decodeMembershipFrame(Buffer.from(payload)).some(({ kind }) => kind === 'ping')) return
    sentUs = world.events.nowUs
    world.network.setLink(b.address, a.address, { delayUs: 1_040_000, jitterUs: 0 })
  }
  expect.ok(await world.until(() => sentUs < Infinity, 5000))
  if (pausesFrom !== undefined) {
    await world.run(pausesFrom)
    world.pause('a', (1065 - pausesFrom) * 1000)
  }
  await world.run((sentUs + 1_080_000 - world.events.nowUs) / 1000)
  const [self, other] = a.driver?.members() ?? []
  return { health: other?.health, localHealth: self?.localHealth }
}

suite('membership: the event loop', ({ test }) => {
  test('given probes in flight, when the event loop is busy for longer than a stall, then the node blames itself and suspects nobody', async () => {
    const live = new Live()
    try {
      await live.until(() => live.pings >= 3)
      let isBlocked = false
      live.onPing = () => {
        if (isBlocked) return
        isBlocked = true
        live.localHealthMax = 0
        block(450) // the ack waits, the timer too: the probe's interval is long over
      }
      await live.until(() => isBlocked)
      await live.until(() => live.localHealthMax > 0)
      const { pings } = live
      await live.until(() => live.core.localHealth === 0 && live.pings > pings)
      expect.equal(live.events.map(({ kind }) => kind), ['joined', 'joined'])
    } finally {
      live.scheduler.stop()
    }
  })

  test('given a whole node whose process is paused, when it goes on, then its local health shows it and it has suspected nobody', async () => {
    const world = await two('paused node')
    const a = world.node('a')
    world.pause('a', 1_500_000)
    expect.ok(await world.until(() => (a.driver?.members()[0]?.localHealth ?? 0) >= 1, 1600), 'it rises')
    const [, other] = a.driver?.members() ?? []
    expect.is(other?.health, 'alive')
    expect.ok((other?.rttMs ?? 0) > 0 && (other?.rttMs ?? 0) < 50, `rtt ${other?.rttMs} ms`)
    await world.run(15_000)
    expect.is(a.driver?.members()[0]?.localHealth, 0)
  })

  test('given an ack that waits when the probe\'s deadline is served, when the turn runs, then the driver hands it over before judging', async () => {
    expect.equal(await answeredLate('late turn', 980), { health: 'alive', localHealth: 0 })
    const judged = await answeredLate('late turn', undefined)
    expect.equal(judged, { health: 'suspect', localHealth: 1 }, 'without the pause the turn at the deadline judges: the ack comes after it')
  })
})
