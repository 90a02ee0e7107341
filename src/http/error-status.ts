import { type KvErrorCode, type KvErrorDetail, describeKvError, outcomeByCode } from '../base/index.js'

/** The one mapping from what went wrong to HTTP's status; a new code does not compile without its line here. */
export const statusByCode = {
  bad_request: 400,
  key_missing: 404,
  route_unknown: 404,
  member_unknown: 404,
  method_not_allowed: 405,
  change_refused: 409,
  key_too_large: 413,
  value_too_large: 413,
  body_too_large: 413,
  unsupported_media_type: 415,
  overloaded: 429,
  internal: 500,
  not_implemented: 501,
  no_quorum: 503,
  not_ready: 503,
  stopping: 503,
  storage_failed: 503,
  write_unknown: 504,
  read_timeout: 504,
  change_unknown: 504,
  disk_full: 507
} as const satisfies Record<KvErrorCode, number>

/** Whole seconds for `Retry-After`; undefined where trying again is no cure by itself. */
export function retryAfterSeconds (detail: KvErrorDetail): number | undefined {
  switch (detail.code) {
    case 'overloaded': return Math.max(1, Math.ceil(detail.retryAfterSeconds))
    // An election is over within a second or two (COMPARE.md); so is a start-up, and a restarted process is back.
    case 'no_quorum':
    case 'not_ready':
    case 'stopping': return 1
    // A person has to look at the disk first.
    case 'storage_failed': return 10
    default: return undefined
  }
}

const keyMissingText = text({ code: 'key_missing' })

/** The JSON body of an error: code, message and what is true of the state now. */
export function errorText (detail: KvErrorDetail): string {
  return detail.code === 'key_missing' ? keyMissingText : text(detail)
}

/** What an error's body holds under `error`. */
export function errorObject (detail: KvErrorDetail): { code: KvErrorCode, message: string, outcome: string } {
  return { code: detail.code, message: describeKvError(detail), outcome: outcomeByCode[detail.code] }
}

function text (detail: KvErrorDetail): string {
  return JSON.stringify({ error: errorObject(detail) })
}
