/** The cluster map: how it begins, how it changes, how it is asked. The system partition's state machine and its birth. */
export {
  FOUNDING_GRACE_MS, PROPOSAL_RETRY_MS, type FoundingEffect, type FoundingInput, type FoundingPhase, type FoundingRecord, type FoundingRole,
  type FoundingSetup, type FoundingState, type FoundingStep, type FoundingStored
} from './founding-types.js'
export { describeFounding } from './founding-report.js'
export { startFounding, stepFounding } from './founding.js'
export { memberById, memberByName, memberByPeer } from './lookup.js'
export { clusterMapProblem as findMapProblem } from '../../protocols/cluster/index.js'
export { foundMap, type FoundingPlan } from './map.js'
export { applyMapCommand, isReplica, isSystemVoter, stayingMembers, type MapOutcome, type MapStep } from './map-commands.js'
