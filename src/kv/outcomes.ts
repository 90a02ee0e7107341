import { assert, type Revision } from '../base/index.js'
import type { CommandResult } from '../../protocols/kv/index.js'

/** What a command did: 0 set the key, 1 deleted it, 2 found nothing to delete. */
export type OutcomeKind = 0 | 1 | 2

/** A result that is worth keeping: `expired` is the absence of one. */
export type KeptResult = Exclude<CommandResult, { readonly kind: 'expired' }>

/**
 * Results by sequence number, ascending: three columns instead of objects, because an origin may have thousands and they
 * are walked on every write of the session. Sequences mostly come in order, so that inserting is appending.
 */
export class Outcomes {
  readonly #sequences: number[] = []
  readonly #revisions: number[] = []
  readonly #kinds: OutcomeKind[] = []

  get count (): number {
    return this.#sequences.length
  }

  /** Columns by position, 0 … count - 1, for the codec. */
  sequenceAt (position: number): number {
    return this.#sequences[position] as number
  }

  revisionAt (position: number): number {
    return this.#revisions[position] as number
  }

  kindAt (position: number): OutcomeKind {
    return this.#kinds[position] as OutcomeKind
  }

  get (sequence: number): KeptResult | undefined {
    const position = this.#positionOf(sequence)
    if (this.#sequences[position] !== sequence) return undefined
    const revision = this.#revisions[position] as Revision
    const kind = this.#kinds[position]
    return kind === 0 ? { kind: 'set', revision } : { kind: 'delete', deleted: kind === 1, revision }
  }

  /** @param sequence not there yet */
  add (sequence: number, kind: OutcomeKind, revision: number): void {
    const last = this.count === 0 ? -1 : this.sequenceAt(this.count - 1)
    if (sequence > last) {
      this.#sequences.push(sequence)
      this.#revisions.push(revision)
      this.#kinds.push(kind)
      return
    }
    const position = this.#positionOf(sequence)
    assert(this.#sequences[position] !== sequence, `sequence ${sequence} has a result already`)
    this.#sequences.splice(position, 0, sequence)
    this.#revisions.splice(position, 0, revision)
    this.#kinds.splice(position, 0, kind)
  }

  /** Forgets every sequence below `floor`. */
  dropBelow (floor: number): void {
    this.dropLowest(this.#positionOf(floor))
  }

  /** Forgets the `count` lowest sequences. */
  dropLowest (count: number): void {
    if (count === 0) return
    this.#sequences.splice(0, count)
    this.#revisions.splice(0, count)
    this.#kinds.splice(0, count)
  }

  /** Position of the first sequence that is not below. */
  #positionOf (sequence: number): number {
    let low = 0
    let high = this.#sequences.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sequences[middle] as number) < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
