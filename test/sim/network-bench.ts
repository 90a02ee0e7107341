import { Prng, toPeerId } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import type { ChannelName, TransportInput } from '../../src/node/index.js'
import { EventQueue } from '../../sim/kernel/event-queue.js'
import { channelLimits } from '../../sim/network/channel-limits.js'
import type { ChannelLimits } from '../../sim/network/channel-limits.js'
import { calmLink } from '../../sim/network/link-options.js'
import type { LinkOptions } from '../../sim/network/link-options.js'
import { VirtualNetwork, VirtualTransport } from '../../sim/network/virtual-network.js'
import { expect } from '../harness.js'

export const addressOf = (name: string): Multiaddr => `/ip4/10.0.0.${name.charCodeAt(0)}/tcp/9080` as Multiaddr
const ids = new Map<string, PeerId>()
/** Any well-formed peer id, another for each name. */
export function peerOf (name: string): PeerId {
  const known = ids.get(name)
  if (known !== undefined) return known
  const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789'
  const random = new Prng(name)
  const id = toPeerId(`12D3KooW${Array.from({ length: 44 }, () => letters[random.below(letters.length)]).join('')}`)
  ids.set(name, id)
  return id
}

export interface Told {
  readonly atUs: number
  readonly input: TransportInput
}

export class Host {
  readonly told: Told[] = []
  readonly transport: VirtualTransport
  readonly #events: EventQueue

  constructor (bench: Bench, name: string, identity = name) {
    this.#events = bench.events
    this.transport = new VirtualTransport(bench.network, peerOf(identity), addressOf(name), (input) => { this.told.push({ atUs: this.#events.nowUs, input }) })
  }

  /** Texts of the frames that came. */
  get texts (): string[] {
    return this.frames.map(({ text }) => text)
  }

  get frames (): Array<{ readonly atUs: number, readonly text: string }> {
    return this.told.flatMap(({ atUs, input }) => input.kind === 'frame' ? [{ atUs, text: Buffer.from(input.payload).toString('latin1') }] : [])
  }

  /** The kinds of everything but frames. */
  get news (): string[] {
    return this.told.flatMap(({ input }) => input.kind === 'frame' ? [] : [input.kind])
  }

  first (kind: TransportInput['kind']): Told | undefined {
    return this.told.find(({ input }) => input.kind === kind)
  }

  send (to: string, text: string, channel: ChannelName = 'kv'): void {
    this.transport.send(peerOf(to), channel, Buffer.from(text, 'latin1'))
  }
}

/** A network and the hosts on it. */
export class Bench {
  readonly events = new EventQueue()
  readonly network: VirtualNetwork
  readonly hosts = new Map<string, Host>()

  constructor (options: Partial<LinkOptions> = {}, seed = 'network', limits: ChannelLimits = channelLimits) {
    this.network = new VirtualNetwork(this.events, seed, { ...calmLink, ...options }, limits)
  }

  /** A process at the name's address, in the place of the one before. */
  host (name: string, identity = name): Host {
    this.hosts.get(name)?.transport.kill()
    const host = new Host(this, name, identity)
    this.hosts.set(name, host)
    return host
  }

  run (forUs: number): void {
    const endUs = this.events.nowUs + forUs
    while (this.events.step(endUs));
  }

  /** Lets promises settle as the world does: before the next event, and only while there are some. */
  async runSettling (forUs: number): Promise<number> {
    const endUs = this.events.nowUs + forUs
    let yields = 0
    for (;;) {
      while (this.network.unsettledCount > 0) {
        yields++
        await new Promise((resolve) => { setImmediate(resolve) })
      }
      if (!this.events.step(endUs)) return yields
    }
  }
}

/** Two connected hosts, and the news of that taken away. */
export function pair (options: Partial<LinkOptions> = {}, seed = 'network', limits: ChannelLimits = channelLimits): { bench: Bench, a: Host, b: Host } {
  const bench = new Bench(options, seed, limits)
  const a = bench.host('a')
  const b = bench.host('b')
  connect(bench, a, b)
  return { bench, a, b }
}

export function connect (bench: Bench, a: Host, b: Host): void {
  a.transport.dial(`${b.transport.address}/p2p/${b.transport.self}` as Multiaddr)
  bench.run(10_000_000)
  expect.ok(a.transport.isConnected(b.transport.self) && b.transport.isConnected(a.transport.self), 'both are connected')
  a.told.length = 0
  b.told.length = 0
}

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)
export const A = addressOf('a')
export const B = addressOf('b')
