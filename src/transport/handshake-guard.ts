import type { AbortOptions, ConnectionProtector, MessageStream } from '@libp2p/interface'

/** What every libp2p node that wants noise says first, in one write: multistream-select's header and its one proposal. */
const OPENING = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n')

/**
 * Lets nobody past that does not open like a libp2p node. libp2p's own reader takes a length byte by byte without giving
 * the event loop a turn (@libp2p/utils 7.4.1, `lpStream`): measured here, one megabyte of 0xff from any stranger stopped
 * the process for five seconds, and no timeout of its own could fire. Behind these 28 bytes all lengths are noise's, of
 * two bytes each. libp2p calls this hook a protector, as a pre-shared key would be one.
 */
export class HandshakeGuard implements ConnectionProtector {
  /** @throws {Error} where a stranger opens differently, or not in time; libp2p closes the connection then */
  async protect (connection: MessageStream, options?: AbortOptions): Promise<MessageStream> {
    if (connection.direction === 'inbound') await readOpening(connection, options?.signal)
    return connection
  }
}

async function readOpening (connection: MessageStream, signal: AbortSignal | undefined): Promise<void> {
  let seen = Buffer.alloc(0)
  await new Promise<void>((resolve, reject) => {
    const finish = (error: Error | undefined): void => {
      connection.removeEventListener('message', onMessage)
      connection.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onMessage = (event: { readonly data: { subarray (): Uint8Array } }): void => {
      seen = Buffer.concat([seen, event.data.subarray()])
      const expected = OPENING.subarray(0, Math.min(seen.length, OPENING.length))
      if (!seen.subarray(0, expected.length).equals(expected)) finish(new Error('not a libp2p handshake'))
      else if (seen.length >= OPENING.length) finish(undefined)
    }
    const onClose = (): void => { finish(new Error('the connection closed')) }
    const onAbort = (): void => { finish(new Error('no handshake in time')) }
    connection.addEventListener('message', onMessage)
    connection.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
  })
  connection.unshift(seen) // for multistream-select, which listens next
}
