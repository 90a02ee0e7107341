import { assert } from '../base/index.js'

/** Somebody who has bytes for one peer. */
export interface Writer {
  /**
   * Hands one piece to its stream and returns true. False where there is none, or its stream is full: then it asks for a
   * turn again once that has changed. Never throws.
   */
  write (): boolean
}

/** Who goes first: each rank writes all it can before the next one writes anything. */
export const RANKS = ['probes', 'control', 'bulk'] as const
export type Rank = typeof RANKS[number]

/**
 * Who writes to a peer next. libp2p has no priorities: a connection that takes bytes again says so to all of its streams,
 * the one that was opened first fills it, and one opened later may never get a word in (here, before this was done: of
 * 585 probes beside a busy replication stream one was answered). So every stream of a peer is written to from here, by
 * rank, and writers of one rank take turns piece by piece, until the connection takes no more.
 */
export class Turns {
  /** Within a rank, whose turn it is stands first. */
  readonly #writers: Readonly<Record<Rank, Writer[]>> = { probes: [], control: [], bulk: [] }
  #requested = false

  add (writer: Writer, rank: Rank): void {
    this.#writers[rank].push(writer)
  }

  remove (writer: Writer): void {
    for (const rank of RANKS) {
      const index = this.#writers[rank].indexOf(writer)
      if (index !== -1) this.#writers[rank].splice(index, 1)
    }
  }

  /** Somebody can write: at the end of this tick, so that what else it brings leaves in one piece. */
  request (): void {
    if (this.#requested) return
    this.#requested = true
    queueMicrotask(() => { this.run() })
  }

  /** Writes now what the streams take. */
  run (): void {
    this.#requested = false
    for (const rank of RANKS) {
      const writers = this.#writers[rank]
      for (let idle = 0; idle < writers.length;) {
        const writer = writers.shift()
        assert(writer !== undefined, 'a writer is left')
        writers.push(writer)
        idle = writer.write() ? 0 : idle + 1
      }
    }
  }
}
