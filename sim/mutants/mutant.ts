/** What a mutant is a fault of. */
export type MutantArea =
  | 'election' | 'log' | 'commit' | 'reads' | 'durability' | 'storage' | 'sessions' | 'snapshots' | 'membership' | 'routing' | 'map' | 'determinism'

/** One change of one source file. */
export interface Edit {
  /** From the package's root: `src/replication/quorum.ts`. */
  readonly file: string
  /** Text that the file contains exactly once. */
  readonly find: string
  readonly replace: string
}

/**
 * One planted fault: what the simulator must find, or it finds nothing of the kind (SIMULATION.md, "How strong is random
 * fault injection?"). Types are sound after it, and nothing but the one idea has changed.
 */
export interface Mutant extends Edit {
  /** Unique, in kebab case. */
  readonly id: string
  readonly area: MutantArea
  /** What the program does wrong now, in one sentence. */
  readonly about: string
  /** The promise that a run can see broken. */
  readonly breaks: string
  /** Seeds 1 … this must contain one that fails. Up: patience for what few lives show; down: an earlier complaint. */
  readonly seedsMax: number
  /** No lie is told: something that should happen does not. */
  readonly liveness?: true
  /** The file `NAME.yaml` of sim/scenarios, or of sim/mutants/scenarios, shows it: tried before any drawn life. */
  readonly scenario?: string
  /** The fault shows only where two processes run the same seeds and their traces differ. */
  readonly twice?: true
  /** Further changes without which the fault would be caught by an assertion, or by a second check of the same thing. */
  readonly more?: readonly Edit[]
}

/** Every change a mutant makes. */
export const editsOf = (mutant: Mutant): readonly Edit[] => [mutant, ...mutant.more ?? []]

/** Source text of several lines. */
export const lines = (...text: readonly string[]): string => text.join('\n')
