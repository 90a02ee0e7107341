/** The state machine of one partition: at-most-once writes, revisions, key count, and the overlay of unflushed values. */
export { Overlay, type OverlayHit } from './overlay.js'
export { decodeSession, encodeSession } from './session-codec.js'
export { SEQUENCE_MAX, type Session } from './session.js'
export { KvState, type KvBoot } from './state.js'
export {
  SESSION_LIMITS, type AppliedCommand, type AppliedCommands, type AppliedResult, type KvWrite, type SessionLimits, type StoredValue,
  type ValueReader
} from './types.js'
