import { leave, stay } from './cluster-routes.js'
import { type Route, deleteByBody, deleteByQuery, get, set } from './data-routes.js'
import type { Exchange } from './exchange.js'
import { quote } from './refusal.js'
import { livez, members, partitions, readyz, status } from './reports.js'

/** What each path does, by method. */
const routes: ReadonlyMap<string, ReadonlyMap<string, Route>> = new Map([
  ['/set', methods({ POST: set })],
  ['/get', methods({ GET: get, HEAD: get })],
  ['/delete', methods({ POST: deleteByBody, DELETE: deleteByQuery })],
  ['/status', methods({ GET: status, HEAD: status })],
  ['/v1/members', methods({ GET: members, HEAD: members })],
  ['/v1/partitions', methods({ GET: partitions, HEAD: partitions })],
  ['/v1/cluster/leave', methods({ POST: leave })],
  ['/v1/cluster/stay', methods({ POST: stay })],
  ['/livez', methods({ GET: livez, HEAD: livez })],
  ['/readyz', methods({ GET: readyz, HEAD: readyz })]
])

function methods (byMethod: Readonly<Record<string, Route>>): ReadonlyMap<string, Route> {
  return new Map(Object.entries(byMethod))
}

/** What the contract promises and this version does not have: these paths and everything below them. */
const notImplementedPaths = ['/v1/kv', '/v1/batch', '/metrics', '/v1/cluster/scale', '/v1/cluster/plan', '/v1/cluster/transfer']

/** Sends a request to its route. */
export function route (exchange: Exchange): void {
  const { request } = exchange
  const { method } = request
  const target = request.url ?? ''
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = mark < 0 ? '' : target.slice(mark + 1)
  if (request.headers.host === undefined && request.httpVersion === '1.1') {
    exchange.fail({ code: 'bad_request', field: 'Host', reason: 'HTTP/1.1 requires this header' })
  } else if (path === '/set' && method === 'POST') {
    set(exchange, query)
  } else if (path === '/get' && method === 'GET') {
    get(exchange, query)
  } else {
    routeRarely(exchange, method ?? '', withoutOrigin(path), query)
  }
}

function routeRarely (exchange: Exchange, method: string, path: string, query: string): void {
  const byMethod = routes.get(path)
  if (byMethod === undefined) {
    const feature = notImplementedPaths.find((known) => path === known || path.startsWith(`${known}/`))
    if (feature !== undefined) return exchange.fail({ code: 'not_implemented', feature })
    return exchange.fail({ code: 'route_unknown', method, path: quote(path) })
  }
  const found = byMethod.get(method)
  if (found === undefined) return exchange.fail({ code: 'method_not_allowed', method, allowed: [...byMethod.keys()] })
  found(exchange, query)
}

/** The path of a target in absolute form (`http://host/path`), which RFC 9112 section 3.2.2 obliges servers to accept. */
function withoutOrigin (path: string): string {
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '')
}
