import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

/** Bytes a link takes ahead of what it has carried; then its sender feels how slow it is. */
const AHEAD_BYTES_MAX = 64 * 1024

export interface LinkOptions {
  /** The port on this machine that the link leads to. */
  readonly to: number
  /** Bytes per second in each direction; undefined: as fast as it can. */
  readonly rate?: number
}

const links = new Set<Link>()

/** Ends all that were made. */
export async function closeLinks (): Promise<void> {
  await Promise.all([...links].map(async (link) => { await link.close() }))
}

/** A wire to a node on this machine: slow, or swallowing everything, or pulled out. */
export class Link {
  readonly #to: number
  readonly #rate: number
  readonly #sockets = new Set<Socket>()
  readonly #pipes = new Set<Pipe>()
  #server: Server | undefined
  #port = 0
  #swallows = false

  private constructor ({ to, rate = Infinity }: LinkOptions) {
    this.#to = to
    this.#rate = rate
    links.add(this)
  }

  static async make (options: LinkOptions): Promise<Link> {
    const link = new Link(options)
    await link.listen()
    return link
  }

  /** Where the node is reached over this link; stays the same. */
  get port (): number {
    return this.#port
  }

  /** Takes connections, again after `refuse`. */
  async listen (): Promise<void> {
    const server = createServer((near) => { this.#accept(near) })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', () => { resolve() })
    })
    this.#port = (server.address() as AddressInfo).port
  }

  /** New connections are refused, as by a machine whose process is gone; those that stand are left alone. */
  refuse (): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Nothing is carried any more and nobody is told: what stands keeps standing, and new connections are not answered. */
  swallow (): void {
    this.#swallows = true
    for (const pipe of this.#pipes) pipe.stop()
  }

  /** Closes what stands, towards both ends. */
  cut (): void {
    for (const socket of this.#sockets) socket.end()
  }

  async close (): Promise<void> {
    links.delete(this)
    this.swallow()
    for (const socket of this.#sockets) socket.destroy()
    const server = this.#server
    if (server !== undefined) await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  }

  #accept (near: Socket): void {
    this.#keep(near)
    if (this.#swallows) {
      near.pause()
      return
    }
    const far = connect(this.#to, '127.0.0.1')
    this.#keep(far)
    near.once('close', () => { if (!this.#swallows) far.destroySoon() })
    far.once('close', () => { if (!this.#swallows) near.destroySoon() })
    this.#pipes.add(new Pipe(near, far, this.#rate))
    this.#pipes.add(new Pipe(far, near, this.#rate))
  }

  #keep (socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {}) // a reset is an end like any other
    socket.once('close', () => { this.#sockets.delete(socket) })
  }
}

/** One direction of one connection: what arrives leaves in its order, once the wire has had the time to carry it. */
class Pipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #bytesPerMs: number
  readonly #waiting: Array<{ readonly bytes: Buffer, readonly atMs: number }> = []
  #waitingBytes = 0
  /** When the last byte taken so far has gone over the wire. */
  #freeAtMs = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor (from: Socket, to: Socket, rate: number) {
    this.#from = from
    this.#to = to
    this.#bytesPerMs = rate / 1000
    from.on('data', (bytes: Buffer) => { this.#take(bytes) })
  }

  stop (): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#from.pause()
  }

  #take (bytes: Buffer): void {
    if (this.#stopped) return
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + bytes.length / this.#bytesPerMs
    this.#waiting.push({ bytes, atMs: this.#freeAtMs })
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > AHEAD_BYTES_MAX) this.#from.pause()
    if (this.#waiting.length === 1) this.#deliver()
  }

  #deliver (): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const waitMs = first.atMs - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => { this.#deliver() }, waitMs)
        return
      }
      this.#waiting.shift()
      this.#waitingBytes -= first.bytes.length
      if (this.#to.writable) this.#to.write(first.bytes)
      if (this.#waitingBytes <= AHEAD_BYTES_MAX) this.#from.resume()
    }
  }
}
