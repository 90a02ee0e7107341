import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What must be known of a connection besides its exchanges. */
export interface Connection {
  readonly socket: Socket
  /** Exchanges begun, the newest one's number: a client may send requests ahead, and answers keep their order. */
  exchanges: number
  /** Exchanges the node has not answered yet. */
  waiting: number
  /** Its last answer is on its way; what still comes in is thrown away (RFC 9112 section 9.6). */
  closing: boolean
  /** Called once when the connection closes; node tells an answer that waits behind another nothing of that. */
  readonly onClose: Set<() => void>
}

/** The open connections of one server. */
export class Connections {
  readonly #bySocket = new Map<Duplex, Connection>()

  /** Notes a new connection until it closes. */
  open (socket: Socket): void {
    const connection: Connection = { socket, exchanges: 0, waiting: 0, closing: false, onClose: new Set() }
    this.#bySocket.set(socket, connection)
    socket.once('close', () => {
      this.#bySocket.delete(socket)
      for (const listener of connection.onClose) listener()
    })
  }

  /** The connection of a socket; undefined once it is closed. */
  of (socket: Duplex): Connection | undefined {
    return this.#bySocket.get(socket)
  }

  /** Closes connections that never sent a byte: node takes them for busy, since their first request is awaited. */
  closeUnused (): void {
    for (const { socket } of this.#bySocket.values()) if (socket.bytesRead === 0) socket.destroy()
  }
}
