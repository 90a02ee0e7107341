import { isUtf8 } from 'node:buffer'
import { KEY_BYTES_MAX, TIMEOUT_MS_MAX, VALUE_BYTES_MAX } from '../node/index.js'
import type { Consistency } from '../../protocols/kv/messages.js'
import { Refusal, badRequest } from './refusal.js'

/** A key as the contract wants it: 1–1024 bytes of UTF-8. */
export function checkKey (key: Buffer | undefined): Buffer | Refusal {
  if (key === undefined) return badRequest('key', 'is absent')
  if (key.length === 0) return badRequest('key', 'is empty')
  if (key.length > KEY_BYTES_MAX) {
    return new Refusal({ code: 'key_too_large', sizeBytes: key.length, sizeBytesMax: KEY_BYTES_MAX })
  }
  return isUtf8(key) ? key : badRequest('key', 'is not UTF-8')
}

/** A value as the contract wants it: 0–1 MiB of any bytes; an absent one is not an empty one. */
export function checkValue (value: Buffer | undefined): Buffer | Refusal {
  if (value === undefined) return badRequest('value', 'is absent; "value=" means an empty one')
  if (value.length > VALUE_BYTES_MAX) {
    return new Refusal({ code: 'value_too_large', sizeBytes: value.length, sizeBytesMax: VALUE_BYTES_MAX })
  }
  return value
}

/** Milliseconds a request may take, from `?timeout=`; `timeoutMsDefault` without it. */
export function checkTimeout (text: Buffer | undefined, timeoutMsDefault: number): number | Refusal {
  if (text === undefined) return timeoutMsDefault
  const digits = text.toString('latin1', 0, 16)
  const timeoutMs = Number(digits)
  if (!/^[0-9]{1,5}$/.test(digits) || timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX) {
    return badRequest('timeout', `must be a whole number of milliseconds, 1 to ${TIMEOUT_MS_MAX}`)
  }
  return timeoutMs
}

export function checkConsistency (text: Buffer | undefined): Consistency | Refusal {
  if (text === undefined) return 'linearizable'
  const name = text.toString('latin1', 0, 16)
  return name === 'local' || name === 'linearizable' ? name : badRequest('consistency', 'must be "linearizable" or "local"')
}

export function refuseTtl (): Refusal {
  return new Refusal({ code: 'not_implemented', feature: 'ttl' })
}
