import type { Mutant } from '../mutant.js'
import { commitMutants } from './commit.js'
import { determinismMutants } from './determinism.js'
import { durabilityMutants } from './durability.js'
import { electionMutants } from './election.js'
import { logMutants } from './log.js'
import { mapMutants } from './map.js'
import { membershipMutants } from './membership.js'
import { readMutants } from './reads.js'
import { routingMutants } from './routing.js'
import { sessionMutants } from './sessions.js'
import { snapshotMutants } from './snapshots.js'
import { storageMutants } from './storage.js'

/** Every planted fault there is, by area. */
export const MUTANTS: readonly Mutant[] = [
  ...electionMutants, ...logMutants, ...commitMutants, ...readMutants, ...durabilityMutants, ...storageMutants, ...sessionMutants,
  ...snapshotMutants, ...membershipMutants, ...routingMutants, ...mapMutants, ...determinismMutants
]

/** The classic mutants of SIMULATION.md, "How strong is random fault injection?", in its order. */
export const CLASSIC_MUTANT_IDS: readonly string[] = [
  'duplicate-vote-counted', 'minority-elects', 'commit-of-earlier-term-entry-by-counting', 'vote-without-up-to-date-check',
  'strict-greater-in-up-to-date-check', 'votes-twice-in-a-term', 'follower-truncates-always', 'no-prev-log-term-check',
  'commit-beyond-the-matched-prefix', 'minority-commits', 'vote-not-durable', 'term-not-durable', 'last-3-log-entries-lost-on-crash',
  'reads-from-local-state-of-a-leader', 'acknowledges-another-terms-entry', 'acknowledges-before-commit',
  'accepts-stale-term-append-entries', 'accepts-stale-term-append-entries-reply'
]
