import type { Fact, Violation } from '../observe/facts.js'
import type { RecordedFault, RecordedMessage, RecordedOperation } from '../run/recording.js'

/** The partition of the cluster map (`SYSTEM_PARTITION` of base; this file also runs in the page, without base). */
export const SYSTEM = 0xffff
/** Columns for a time up to 27 virtual hours, and for a node's name. */
const TIME_WIDTH = 10
const NODE_WIDTH = 6

/** Exact: `12345` µs are `12.345` ms. */
export function msText (us: number): string {
  const sign = us < 0 ? '-' : ''
  const size = Math.abs(us)
  return `${sign}${Math.floor(size / 1000)}.${String(Math.floor(size % 1000)).padStart(3, '0')}`
}

export const partitionText = (partition: number): string => partition === SYSTEM ? 'system' : `p${partition}`

/** One line of a trace, e.g. `    12.345 ms node2  won p0 t4`. Line breaks in the text stay on the line. */
export function formatLine (atUs: number, node: string, text: string): string {
  return `${msText(atUs).padStart(TIME_WIDTH)} ms ${node.padEnd(NODE_WIDTH)} ${text.replace(/\s*\n\s*/g, ' ⏎ ')}`
}

export const formatFact = (fact: Fact): string => formatLine(fact.atUs, fact.node, factText(fact))

/** @param event which end of its way the line is about */
export function formatMessage (message: RecordedMessage, event: 'sent' | 'delivered'): string {
  const { sentUs, deliveredUs, from, to, channel, text } = message
  return event === 'sent'
    ? formatLine(sentUs, from, `→ ${to} ${channel}: ${text}`)
    : formatLine(deliveredUs ?? sentUs, to, `← ${from} ${channel}: ${text}`)
}

export const formatFault = (fault: RecordedFault): string => formatLine(fault.atUs, '*', `fault ${fault.step}: ${fault.text}`)

export const formatOperation = (operation: RecordedOperation): string => formatLine(operation.calledUs, operation.through, operationText(operation))

export function formatViolation (violation: Violation): string {
  return formatLine(violation.atUs, violation.node ?? '*', `VIOLATED ${violationText(violation)}`)
}

/** What happened, without when and where. */
export function factText (fact: Fact): string {
  switch (fact.kind) {
    case 'started':
    case 'crashed': return fact.kind
    case 'term': return `${place(fact)} ${fact.vote === 0 ? 'without a vote' : `votes for member ${fact.vote}`}`
    case 'voted': return `${place(fact)} for ${fact.peer}`
    case 'won':
    case 'deposed': return place(fact)
    case 'appended': return `${place(fact)} ${fact.first === fact.last ? `entry ${fact.first}` : `entries ${fact.first}–${fact.last}`}`
    case 'acknowledged': return `${place(fact)} up to ${fact.index} to ${fact.peer}`
    case 'committed': return `committed ${partitionText(fact.partition)} up to ${fact.index}`
    case 'installing': return `installing a snapshot of ${partitionText(fact.partition)}`
    case 'installed': return `installed a snapshot of ${partitionText(fact.partition)}`
  }
}

const place = ({ kind, partition, term }: { readonly kind: string, readonly partition: number, readonly term: number }): string =>
  `${kind} ${partitionText(partition)} t${term}`

/** What was asked and what came of it, e.g. `#17 set key-3 = "v12" → ok after 3.200 ms`. */
export function operationText ({ number, kind, key, value, calledUs, returnedUs, answer }: RecordedOperation): string {
  const asked = `#${number} ${kind} ${key}${kind === 'set' ? ` = ${valueText(value)}` : ''}`
  const got = kind === 'get' && answer === 'ok' ? valueText(value) : answer
  return `${asked} → ${got}${returnedUs === undefined ? '' : ` after ${msText(returnedUs - calledUs)} ms`}`
}

export const valueText = (value: string | undefined): string => value === undefined ? 'missing' : JSON.stringify(value)

export function violationText ({ invariant, partition, text }: Violation): string {
  return `${invariant}${partition === undefined ? '' : ` (${partitionText(partition)})`}: ${text}`
}
