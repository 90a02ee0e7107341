import type { Connection } from '@libp2p/interface'
import type { Node } from './libp2p-node.js'

const CLOSE_TIMEOUT_MS = 300
const STOP_TIMEOUT_MS = 600
/** libp2p's ping: the other side sends back what it got. */
const PING_PROTOCOL = '/ipfs/ping/1.0.0'
const PING_BYTES = 32

/**
 * Closes every connection and stops the node within `CLOSE_TIMEOUT_MS + STOP_TIMEOUT_MS`, whatever the peers do.
 * libp2p's own stop would destroy inbound sockets with bytes still in them.
 */
export async function stopNode (node: Node): Promise<void> {
  await Promise.all(node.getConnections().map(closeConnection))
  await within(STOP_TIMEOUT_MS, node.stop())
  for (const connection of node.getConnections()) connection.abort(new Error('this node is stopping'))
}

/**
 * Waits until the peers have read what was sent to them, at most this long. Closing a socket into which the other side is
 * still writing (its window updates) makes the kernel reset the connection, and the peer then loses what it had not read.
 */
export async function awaitReaders (connections: readonly Connection[], timeoutMs: number): Promise<void> {
  const written = connections.filter(({ streams }) => streams.some(({ direction, protocol }) => direction === 'outbound' && protocol.startsWith('/gokeydb/')))
  await Promise.all(written.map(async (connection) => {
    try {
      await within(timeoutMs, roundTrip(connection, timeoutMs))
    } catch {
      // the connection is gone, and with it whoever might have read
    }
  }))
}

/** Bytes of one connection are read in order: an answer to the last says that all before it were read. */
async function roundTrip (connection: Connection, timeoutMs: number): Promise<void> {
  const stream = await connection.newStream(PING_PROTOCOL, { signal: AbortSignal.timeout(timeoutMs) })
  await new Promise<void>((resolve) => {
    stream.addEventListener('message', () => { resolve() })
    stream.addEventListener('close', () => { resolve() })
    stream.send(new Uint8Array(PING_BYTES))
  })
}

/** Closes a connection once its streams are flushed; resets it where that takes too long. */
export async function closeConnection (connection: Connection): Promise<void> {
  try {
    await within(CLOSE_TIMEOUT_MS, connection.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }))
  } catch {
    // a peer that does not let go is reset below
  }
  if (connection.status !== 'closed') connection.abort(new Error('closed by this node'))
}

async function within (timeoutMs: number, work: void | Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => { timer = setTimeout(resolve, timeoutMs) })
  try {
    await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
