import { assert, type Generation, type PeerId } from '../base/index.js'
import { Outcomes, type KeptResult, type OutcomeKind } from './outcomes.js'

/** The greatest sequence number: one above it must still be a safe integer, to be a floor. */
export const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER - 1

/** The greatest stamp that is believed; at a million groups of commands per second it is reached after 142 years. */
export const STAMP_MAX = 2 ** 52

/**
 * What one partition knows of one origin, so that a command is applied at most once however often it is logged. A
 * session is never removed: empty, it is the barrier that keeps out its older generations and what lies below its floor.
 */
export class Session {
  readonly peer: PeerId
  #generation: Generation
  #floor: number
  #outcomes: Outcomes
  /** The session table's counter when this session changed last: the order in which sessions are made to forget. */
  stamp: number

  constructor (init: { readonly peer: PeerId, readonly generation: Generation, readonly floor: number, readonly stamp: number, readonly outcomes?: Outcomes }) {
    this.peer = init.peer
    this.#generation = init.generation
    this.#floor = init.floor
    this.#outcomes = init.outcomes ?? new Outcomes()
    this.stamp = init.stamp
  }

  /** The newest generation of the origin that was ever applied here; never goes back. */
  get generation (): Generation {
    return this.#generation
  }

  /** The lowest sequence number whose outcome is known here; within a generation it only rises. */
  get floor (): number {
    return this.#floor
  }

  /** The exact set of applied sequence numbers from the floor on, with their results. */
  get outcomes (): Outcomes {
    return this.#outcomes
  }

  result (sequence: number): KeptResult | undefined {
    return this.#outcomes.get(sequence)
  }

  /** Whether it cannot be told any more if the command was applied. */
  isExpired (generation: Generation, sequence: number): boolean {
    return generation < this.#generation || (generation === this.#generation && sequence < this.#floor) || sequence > SEQUENCE_MAX
  }

  /** The origin's process started anew: nothing of its earlier generations is asked for any more. */
  startGeneration (generation: Generation, floor: number): void {
    assert(generation > this.#generation, `generation ${generation} does not follow ${this.#generation}`)
    this.#generation = generation
    this.#floor = floor
    this.#outcomes = new Outcomes()
  }

  raiseFloor (floor: number): void {
    assert(floor > this.#floor, `the floor ${this.#floor} cannot be raised to ${floor}`)
    this.#floor = floor
    this.#outcomes.dropBelow(floor)
  }

  record (sequence: number, kind: OutcomeKind, revision: number): void {
    assert(sequence >= this.#floor && sequence <= SEQUENCE_MAX, `sequence ${sequence} is outside the session`)
    this.#outcomes.add(sequence, kind, revision)
  }

  /** Keeps the `count` highest results and raises the floor above the others. */
  keepHighest (count: number): void {
    const excess = this.#outcomes.count - count
    if (excess <= 0) return
    this.#floor = this.#outcomes.sequenceAt(excess - 1) + 1
    this.#outcomes.dropLowest(excess)
  }
}
