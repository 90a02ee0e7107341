import type { KvErrorDetail } from '../base/index.js'
import type { Exchange } from './exchange.js'
import { errorObject } from './error-status.js'

/** What is unknown is `null`, so that every field is always there. */
const toJson = (report: unknown): string => JSON.stringify(report, (_name, value: unknown) => value === undefined ? null : value)

/** `GET /status`: this node. */
export function status (exchange: Exchange): void {
  exchange.succeedJson(toJson(exchange.shared.api.status()))
}

/** `GET /v1/members`: the membership as this node sees it. */
export function members (exchange: Exchange): void {
  exchange.succeedJson(toJson({ members: exchange.shared.api.members() }))
}

/** `GET /v1/partitions`: the cluster map as this node knows it. */
export function partitions (exchange: Exchange): void {
  exchange.succeedJson(toJson({ partitions: exchange.shared.api.partitions() }))
}

/** `GET /livez`: 200 as long as this process answers at all. */
export function livez (exchange: Exchange): void {
  exchange.succeedJson('{"live":true}')
}

/** `GET /readyz`: 200 where this node can serve, otherwise 503 with the reasons; `?verbose` lists every check. */
export function readyz (exchange: Exchange, query: string): void {
  const { ready, checks } = exchange.shared.api.readiness()
  const verbose = /(?:^|&)verbose(?:=|&|$)/.test(query)
  if (ready) {
    exchange.succeedJson(toJson(verbose ? { ready, checks } : { ready }))
    return
  }
  const reason = checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`).join('; ')
  const detail: KvErrorDetail = { code: 'not_ready', reason: reason === '' ? 'it says so without a reason' : reason }
  exchange.fail(detail, { text: toJson(verbose ? { error: errorObject(detail), checks } : { error: errorObject(detail) }) })
}
