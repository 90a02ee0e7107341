import type { Step, TriggerEvent, When } from '../scenario/scenario.js'

/** Something a step can wait for, just now. */
export interface Happened {
  readonly event: TriggerEvent
  readonly node: string
  /** undefined: of no partition. */
  readonly partition: number | undefined
}

interface Armed {
  readonly step: Step
  readonly when: When & { readonly kind: 'on' }
  left: number
}

/** Steps that wait for something to happen; each fires once. */
export class Triggers {
  readonly #armed = new Map<TriggerEvent, Armed[]>()
  readonly #fire: (step: Step, node: string, delayUs: number) => void
  #startUs = Infinity

  /** @param fire called in the middle of whatever happens: the action itself must come later */
  constructor (steps: readonly Step[], fire: (step: Step, node: string, delayUs: number) => void) {
    this.#fire = fire
    for (const step of steps) {
      const { when } = step
      if (when.kind !== 'on') continue
      const armed = this.#armed.get(when.event) ?? []
      armed.push({ step, when, left: when.nth })
      this.#armed.set(when.event, armed)
    }
  }

  /** From this moment on, the scenario's zero, steps may fire. */
  start (nowUs: number): void {
    this.#startUs = nowUs
  }

  stop (): void {
    this.#armed.clear()
  }

  /** Whether anybody waits for this kind of thing. */
  wants (event: TriggerEvent): boolean {
    return this.#armed.has(event)
  }

  happened ({ event, node, partition }: Happened, nowUs: number): void {
    const armed = this.#armed.get(event)
    if (armed === undefined || nowUs < this.#startUs) return
    const fired: Armed[] = []
    for (const each of armed) {
      const { when } = each
      if (nowUs - this.#startUs < when.fromUs) continue
      if (when.partition !== undefined && partition !== undefined && when.partition !== partition) continue
      if (when.node !== undefined && when.node !== node) continue
      if (--each.left === 0) fired.push(each)
    }
    if (fired.length === 0) return
    const left = armed.filter((each) => !fired.includes(each))
    if (left.length === 0) this.#armed.delete(event)
    else this.#armed.set(event, left)
    for (const { step, when } of fired) this.#fire(step, node, when.delayUs)
  }
}
