import type { KvErrorDetail } from '../base/index.js'

/** Why a request is refused, as a value: what parsers return in place of their result. Bad input is not an exception. */
export class Refusal {
  readonly detail: KvErrorDetail

  constructor (detail: KvErrorDetail) {
    this.detail = detail
  }
}

/** What of a client's own text an error message repeats at most, in characters. */
const QUOTED_LENGTH_MAX = 64

/** A client's text, cut to a length fit for a message. */
export function quote (text: string): string {
  return text.length <= QUOTED_LENGTH_MAX ? text : `${text.slice(0, QUOTED_LENGTH_MAX)}…`
}

export function badRequest (field: string, reason: string): Refusal {
  return new Refusal({ code: 'bad_request', field: quote(field), reason })
}
