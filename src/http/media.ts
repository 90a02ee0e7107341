import { Refusal } from './refusal.js'

/** How a request's body is written. */
export type BodyFormat = 'form' | 'json'

const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
const EXPECTED = `${FORM} or ${JSON_TYPE}, in UTF-8`

/**
 * The format a `Content-Type` announces; a body without one is read as a form, as `curl -d` would have said. Charsets
 * other than UTF-8 are refused, because bytes are stored as they come.
 */
export function bodyFormat (contentType: string | undefined, contentEncoding: string | undefined): BodyFormat | Refusal {
  if (contentEncoding !== undefined && contentEncoding.trim().toLowerCase() !== 'identity') {
    return unsupported(`Content-Encoding: ${contentEncoding}`, 'the body without Content-Encoding')
  }
  if (contentType === undefined || contentType === FORM) return 'form'
  if (contentType === JSON_TYPE) return 'json'
  const [type = '', ...parameters] = contentType.split(';')
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/i.exec(parameter)?.[1]?.toLowerCase()
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
      return unsupported(contentType, EXPECTED)
    }
  }
  switch (type.trim().toLowerCase()) {
    case '':
    case FORM: return 'form'
    case JSON_TYPE: return 'json'
    default: return unsupported(contentType, EXPECTED)
  }
}

function unsupported (mediaType: string, expected: string): Refusal {
  return new Refusal({ code: 'unsupported_media_type', mediaType: mediaType.slice(0, 128), expected })
}

/**
 * Whether an `Accept` header asks for JSON by name (RFC 9110 section 12.5.1). Wildcards mean the raw bytes; where
 * JSON and octets are both named, JSON needs the greater weight.
 */
export function wantsJson (accept: string | undefined): boolean {
  if (accept === undefined || accept === '*/*') return false
  if (accept === JSON_TYPE) return true
  let jsonWeight = 0
  let rawWeight = 0
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';')
    const name = type.trim().toLowerCase()
    if (name === JSON_TYPE) jsonWeight = Math.max(jsonWeight, weight(parameters))
    if (name === 'application/octet-stream') rawWeight = Math.max(rawWeight, weight(parameters))
  }
  return jsonWeight > rawWeight
}

function weight (parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const digits = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1]
    if (digits !== undefined) return Number(digits)
  }
  return 1
}
