import type { Connection } from '@libp2p/interface'
import type { Node } from './libp2p-node.js'

/** Closing connections gracefully, so that what was sent arrives; then stopping libp2p, which may wait for timers of its own. */
const CLOSE_TIMEOUT_MS = 500
const STOP_TIMEOUT_MS = 800

/**
 * Closes every connection and stops the node within `CLOSE_TIMEOUT_MS + STOP_TIMEOUT_MS`, whatever the peers do.
 * libp2p's own stop would destroy inbound sockets with bytes still in them.
 */
export async function stopNode (node: Node): Promise<void> {
  await Promise.all(node.getConnections().map(closeConnection))
  await within(STOP_TIMEOUT_MS, node.stop())
  for (const connection of node.getConnections()) connection.abort(new Error('this node is stopping'))
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
