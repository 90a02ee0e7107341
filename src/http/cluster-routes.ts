import { decodeUtf8, DecodeError } from '../base/index.js'
import type { KvErrorDetail } from '../base/index.js'
import { parseQuery } from './data-routes.js'
import type { Route } from './data-routes.js'
import { checkTimeout } from './fields.js'
import { formFields } from './form.js'
import { Refusal, badRequest } from './refusal.js'

const fieldsOfChange = formFields('member', 'timeout')

/** `POST /v1/cluster/leave?member=NAME`: the member (this node, where none is named) hands everything over and goes. */
export const leave: Route = changeMember('leave')

/** `POST /v1/cluster/stay?member=NAME`: a member that was leaving stays. */
export const stay: Route = changeMember('stay')

function changeMember (change: 'leave' | 'stay'): Route {
  return (exchange, query) => {
    const fields = parseQuery(query, fieldsOfChange)
    if (fields instanceof Refusal) return exchange.fail(fields.detail)
    const { api, options } = exchange.shared
    const name = fields[0] === undefined ? api.status().name : nameOf(fields[0])
    if (name instanceof Refusal) return exchange.fail(name.detail)
    const timeoutMs = checkTimeout(fields[1], options.timeoutMsDefault)
    if (timeoutMs instanceof Refusal) return exchange.fail(timeoutMs.detail)
    api.changeMember(name, change, { timeoutMs }, exchange.awaitAnswer((failure: KvErrorDetail | undefined) => {
      if (failure !== undefined) exchange.fail(failure)
      else exchange.succeedJson(JSON.stringify({ member: name, leaving: change === 'leave' }))
    }))
  }
}

function nameOf (bytes: Buffer): string | Refusal {
  try {
    return decodeUtf8(bytes)
  } catch (error) {
    if (error instanceof DecodeError) return badRequest('member', 'must be UTF-8')
    throw error
  }
}
