import { createIdentity, createTransport } from '../../src/transport/index.js'
import type { Libp2pTransport, TransportOptions } from '../../src/transport/index.js'
import { silentLogger } from '../../src/base/index.js'
import type { Multiaddr, PeerId } from '../../src/base/index.js'
import type { ChannelName, TransportInput } from '../../src/node/index.js'

export type Input<Kind extends TransportInput['kind']> = Extract<TransportInput, { kind: Kind }>

/** A transport that listens on loopback and remembers what it was told. */
export interface TestNode {
  readonly transport: Libp2pTransport
  readonly peer: PeerId
  readonly inputs: TransportInput[]
  /** Called for each input, before anyone who waits. */
  onInput: ((input: TransportInput) => void) | undefined
  of <Kind extends TransportInput['kind']> (kind: Kind): Array<Input<Kind>>
}

const running = new Set<TestNode>()

export async function startTestNode (options: Partial<TransportOptions> = {}): Promise<TestNode> {
  const privateKey = options.privateKey ?? (await createIdentity()).privateKey
  const inputs: TransportInput[] = []
  let node: TestNode | undefined
  const transport = await createTransport({
    listen: ['/ip4/127.0.0.1/tcp/0'],
    secret: undefined,
    clusterName: 'test',
    logger: silentLogger,
    ...options,
    privateKey
  }, (input) => {
    inputs.push(input)
    node?.onInput?.(input)
  })
  node = {
    transport,
    peer: transport.self,
    inputs,
    onInput: undefined,
    of: <Kind extends TransportInput['kind']> (kind: Kind) => inputs.filter((input): input is Input<Kind> => input.kind === kind)
  }
  running.add(node)
  return node
}

/** Stops one, or all that were started. */
export async function stopTestNodes (...nodes: TestNode[]): Promise<void> {
  const stopping = nodes.length > 0 ? nodes : [...running]
  for (const node of stopping) running.delete(node)
  await Promise.all(stopping.map(async ({ transport }) => { await transport.stop() }))
}

/** Waits for a condition of the real world. @throws {Error} with `what` where it does not come true */
export async function until (what: string, condition: () => boolean, limitMs = 5000): Promise<void> {
  const deadlineMs = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${limitMs} ms: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 5) })
  }
}

export const pause = async (ms: number): Promise<void> => { await new Promise((resolve) => { setTimeout(resolve, ms) }) }

/** One node knows the other's address and is connected to it. */
export async function connect (from: TestNode, to: TestNode): Promise<void> {
  from.transport.dial(addressOf(to))
  await until('both ends are connected', () => from.transport.isConnected(to.peer) && to.transport.isConnected(from.peer))
}

export function addressOf (node: TestNode): Multiaddr {
  const [address] = node.transport.multiaddrs()
  if (address === undefined) throw new Error('the node listens nowhere')
  return address
}

/** The same address without `/p2p/…`. */
export const bare = (address: Multiaddr): Multiaddr => address.replace(/\/p2p\/.*$/, '') as Multiaddr

export const text = (payload: Uint8Array): string => Buffer.from(payload).toString()
export const bytes = (content: string): Uint8Array => Buffer.from(content)

/** The texts of the frames a node got, in order. */
export const framesOf = (node: TestNode, channel?: ChannelName): string[] =>
  node.of('frame').filter((input) => channel === undefined || input.channel === channel).map(({ payload }) => text(payload))

/** Resident memory in MB. */
export function residentMb (): number {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1e6
}
