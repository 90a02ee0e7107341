import { Prng } from '../../src/base/index.js'
import type { KvAnswer } from '../../src/node/index.js'
import type { ClientLoad } from '../scenario/scenario.js'
import type { VirtualNode, World } from '../world/world.js'
import { answerText, History } from './history.js'
import type { Request } from './history.js'

/** How long a client waits before it sends an operation again, at most. */
const RETRY_US_MAX = 200_000

export interface ClientsListener {
  /** A write was acknowledged by this node. */
  acknowledged (node: string): void
  /** Something that no client may ever see. */
  broken (text: string): void
}

interface Waiting {
  readonly start: number
  readonly node: VirtualNode
  readonly over: (answer: KvAnswer | undefined) => void
}

/** The clients of a world: they send requests to nodes, remember what became of them, and try again. */
export class Clients {
  readonly history = new History()
  readonly #world: World
  readonly #seed: string
  readonly #listener: ClientsListener
  readonly #waiting = new Map<number, Waiting>()
  #isActive = true

  constructor (world: World, seed: string, listener: ClientsListener) {
    this.#world = world
    this.#seed = seed
    this.#listener = listener
  }

  /** Requests that were sent and not answered yet. */
  get waitingCount (): number {
    return this.#waiting.size
  }

  /** Sends the load's operations from now on for `durationUs`, each at a time and with choices of its own. */
  run (load: ClientLoad, durationUs: number): void {
    if (load.operationsPerSecond <= 0) return
    const gaps = new Prng(`${this.#seed}/clients`)
    const gapUsMax = Math.round(2_000_000 / load.operationsPerSecond)
    const endUs = this.#world.events.nowUs + durationUs
    let number = 0
    const next = (): void => {
      if (this.#world.events.nowUs >= endUs || !this.#isActive) return
      this.#operation(load, number++, 0)
      this.#world.events.after(gaps.between(0, gapUsMax), next)
    }
    this.#world.events.after(gaps.between(0, gapUsMax), next)
  }

  /** No new operations, and no further tries. */
  stop (): void {
    this.#isActive = false
  }

  #operation (load: ClientLoad, number: number, attempt: number): void {
    const random = new Prng(`${this.#seed}/operation ${number}/${attempt}`)
    const running = this.#world.running()
    const node = running.length === 0 ? undefined : running[random.below(running.length)]
    const dice = random.below(load.sets + load.deletes + load.gets)
    const kind = dice < load.sets ? 'set' : dice < load.sets + load.deletes ? 'delete' : 'get'
    const retry = (): void => {
      if (attempt < load.retries && this.#isActive) this.#world.events.after(random.between(1000, RETRY_US_MAX), () => { this.#operation(load, number, attempt + 1) })
    }
    if (node === undefined) {
      retry()
      return
    }
    const request: Request = {
      kind, key: `key-${random.below(load.keys)}`, value: kind === 'set' ? `v${number}${attempt === 0 ? '' : `-${attempt}`}` : undefined, through: node.name,
      timeoutUs: random.between(load.timeoutUsMin, load.timeoutUsMax), consistency: 'linearizable'
    }
    this.send(node, request, (answer) => { if (answer?.kind === 'failed') retry() })
  }

  /** Sends one request to a running node; `over` is told the answer, or undefined where the process died before. */
  send (node: VirtualNode, request: Request, over: (answer: KvAnswer | undefined) => void): void {
    const { events } = this.#world
    const number = this.history.call(request, events.nowUs)
    this.#waiting.set(number, { node, start: node.starts, over })
    const answer = (result: KvAnswer): void => {
      if (!this.#waiting.delete(number)) {
        this.#listener.broken(`operation ${number} was answered twice, now with ${answerText(result)}`)
        return
      }
      const isDone = this.history.answered(number, result, events.nowUs)
      if (isDone && request.kind !== 'get') this.#listener.acknowledged(node.name)
      if (result.kind === 'failed' && result.detail.code === 'internal') this.#listener.broken(`operation ${number}: ${result.detail.reason}`)
      over(result)
    }
    const key = Buffer.from(request.key)
    const timeoutMs = Math.max(1, Math.round(request.timeoutUs / 1000))
    const isSent = request.kind === 'get'
      ? node.get(key, { consistency: request.consistency, timeoutMs }, answer)
      : node.write(request.kind === 'set' ? { op: 'set', key, value: Buffer.from(request.value ?? '') } : { op: 'delete', key }, { timeoutMs }, answer)
    if (!isSent) this.#lose(number)
  }

  /** A process that died answers nobody: its clients do not know. */
  nodeEnded (node: VirtualNode): void {
    for (const [number, waiting] of this.#waiting) if (waiting.node === node && waiting.start !== node.starts) this.#lose(number)
  }

  #lose (number: number): void {
    const waiting = this.#waiting.get(number)
    if (waiting === undefined) return
    this.#waiting.delete(number)
    this.history.lost(number)
    waiting.over(undefined)
  }
}
