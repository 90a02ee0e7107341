/**
 * What a client may be told went wrong, one code per thing it can do about it. `outcome` says what is true of the
 * state now: `unchanged`, or `unknown` where a write may or may not take effect.
 */
export type KvErrorDetail =
  | { readonly code: 'bad_request', readonly field: string, readonly reason: string }
  | { readonly code: 'key_missing' }
  | { readonly code: 'key_too_large', readonly sizeBytes: number, readonly sizeBytesMax: number }
  | { readonly code: 'value_too_large', readonly sizeBytes: number, readonly sizeBytesMax: number }
  | { readonly code: 'body_too_large', readonly sizeBytesMax: number }
  | { readonly code: 'unsupported_media_type', readonly mediaType: string, readonly expected: string }
  | { readonly code: 'route_unknown', readonly method: string, readonly path: string }
  | { readonly code: 'method_not_allowed', readonly method: string, readonly allowed: readonly string[] }
  | { readonly code: 'not_implemented', readonly feature: string }
  | { readonly code: 'overloaded', readonly reason: string, readonly retryAfterSeconds: number }
  | { readonly code: 'no_quorum', readonly partition: number, readonly reason: string }
  | { readonly code: 'not_ready', readonly reason: string }
  | { readonly code: 'stopping' }
  | { readonly code: 'write_unknown', readonly reason: string }
  | { readonly code: 'read_timeout', readonly reason: string }
  | { readonly code: 'disk_full', readonly reason: string }
  | { readonly code: 'member_unknown', readonly name: string }
  | { readonly code: 'change_refused', readonly reason: string }
  | { readonly code: 'change_unknown', readonly reason: string }
  | { readonly code: 'storage_failed', readonly reason: string }
  | { readonly code: 'internal', readonly reason: string }

export type KvErrorCode = KvErrorDetail['code']
export type Outcome = 'unchanged' | 'unknown'

/** Adding a code without classifying it does not compile. */
export const outcomeByCode = {
  bad_request: 'unchanged',
  key_missing: 'unchanged',
  key_too_large: 'unchanged',
  value_too_large: 'unchanged',
  body_too_large: 'unchanged',
  unsupported_media_type: 'unchanged',
  route_unknown: 'unchanged',
  method_not_allowed: 'unchanged',
  not_implemented: 'unchanged',
  overloaded: 'unchanged',
  no_quorum: 'unchanged',
  not_ready: 'unchanged',
  stopping: 'unchanged',
  write_unknown: 'unknown',
  read_timeout: 'unchanged',
  disk_full: 'unchanged',
  member_unknown: 'unchanged',
  change_refused: 'unchanged',
  change_unknown: 'unknown',
  storage_failed: 'unchanged',
  internal: 'unknown'
} as const satisfies Record<KvErrorCode, Outcome>

/** An operating error on its way to a client. */
export class KvError extends Error {
  override readonly name = 'KvError'
  readonly detail: KvErrorDetail

  constructor (detail: KvErrorDetail, options?: ErrorOptions) {
    super(describeKvError(detail), options)
    this.detail = detail
  }

  get outcome (): Outcome {
    return outcomeByCode[this.detail.code]
  }
}

/** One sentence for a person: what, where, and what to do. */
export function describeKvError (detail: KvErrorDetail): string {
  switch (detail.code) {
    case 'bad_request': return `${detail.field}: ${detail.reason}`
    case 'key_missing': return 'there is no such key'
    case 'key_too_large': return `the key has ${detail.sizeBytes} bytes; at most ${detail.sizeBytesMax} are allowed`
    case 'value_too_large': return `the value has ${detail.sizeBytes} bytes; at most ${detail.sizeBytesMax} are allowed`
    case 'body_too_large': return `the body is larger than the ${detail.sizeBytesMax} bytes this route allows`
    case 'unsupported_media_type': return `content type "${detail.mediaType}" is not supported here; send ${detail.expected}`
    case 'route_unknown': return `there is no route ${detail.method} ${detail.path}`
    case 'method_not_allowed': return `${detail.method} is not allowed here; allowed: ${detail.allowed.join(', ')}`
    case 'not_implemented': return `${detail.feature} is not implemented yet`
    case 'overloaded': return `this node has too much to do (${detail.reason}); try again after ${detail.retryAfterSeconds} s`
    case 'no_quorum': return `partition ${detail.partition} cannot answer: ${detail.reason}; nothing was changed, try again`
    case 'not_ready': return `this node is not ready: ${detail.reason}; nothing was changed, try again`
    case 'stopping': return 'this node is stopping; nothing was changed, ask another node'
    case 'write_unknown': return `the write may or may not take effect: ${detail.reason}`
    case 'read_timeout': return `the read was not answered in time: ${detail.reason}`
    case 'disk_full': return `the disk of the partition's master is nearly full (${detail.reason}); nothing was changed, free some space`
    case 'member_unknown': return `the cluster has no member ${detail.name}; GET /v1/members lists them`
    case 'change_refused': return `the cluster was not changed: ${detail.reason}`
    case 'change_unknown': return `the cluster may or may not change: ${detail.reason}; asking again does no harm`
    case 'storage_failed': return `this node's storage failed: ${detail.reason}; ask another node`
    case 'internal': return `an internal error: ${detail.reason}`
  }
}
