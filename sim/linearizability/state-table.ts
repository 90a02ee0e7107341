/** Estimated bytes of one entry beside the characters of its text. */
const ENTRY_BYTES = 64

/** Gives equal states the same small number. */
export class StateTable<State extends string | number | undefined> {
  readonly #states: State[] = []
  readonly #numbers = new Map<State, number>()
  #sizeBytes = 0

  /** What the table takes, bytes, estimated. */
  get sizeBytes (): number {
    return this.#sizeBytes
  }

  number (state: State): number {
    let number = this.#numbers.get(state)
    if (number === undefined) {
      number = this.#states.length
      this.#states.push(state)
      this.#numbers.set(state, number)
      this.#sizeBytes += ENTRY_BYTES + (typeof state === 'string' ? state.length : 0)
    }
    return number
  }

  state (number: number): State {
    return this.#states[number] as State
  }
}
