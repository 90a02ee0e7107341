import { didYouMean } from '../base/index.js'
import type { NodeName } from '../base/index.js'
import { toPlain } from './document.js'
import type { Located } from './document.js'
import type { TcpAddress } from './multiaddr.js'
import { show } from './problem.js'
import type { Origin, Report } from './problem.js'
import { checkValue } from './reader.js'
import type { Field } from './reader.js'
import { hostSchema, nodeNameSchema } from './schema.js'

/** `network.hosts`: which machine each node runs on. */
export interface HostsRead {
  readonly at: Origin
  /** In order of appearance; the address is undefined where it is wrong (and reported). */
  readonly entries: ReadonlyArray<{ readonly name: Field<NodeName>, readonly address: Field<TcpAddress> | undefined }>
}

/** Reads `network.hosts`; undefined where it is no mapping of names. */
export function readHosts (located: Located, report: Report): HostsRead | undefined {
  if (located.kind !== 'mapping' || located.entries.length === 0) {
    report(located.at, `network.hosts must be a mapping such as {node1: 10.0.0.1}, found ${located.kind === 'mapping' ? 'an empty one' : show(toPlain(located))}`)
    return undefined
  }
  const entries: Array<HostsRead['entries'][number]> = []
  const seen = new Set<string>()
  for (const { key, keyAt, value } of located.entries) {
    if (seen.has(key)) continue // already reported as a key that is given twice
    seen.add(key)
    const name = checkValue({ name: 'a key of network.hosts', at: keyAt, rank: 0, value: key }, nodeNameSchema, report)
    const address = checkValue({ name: `network.hosts.${key}`, at: value.at, rank: 0, value: toPlain(value) }, hostSchema, report)
    if (name !== undefined) entries.push({ name, address })
  }
  return { at: located.at, entries }
}

/** Checks that the entries are exactly the nodes that `master_slaves` names. */
export function checkHosts (hosts: HostsRead, names: readonly NodeName[], report: Report): void {
  const known = new Set(names)
  const given = new Set(hosts.entries.map(({ name }) => name.value))
  for (const { name } of hosts.entries) {
    if (!known.has(name.value)) {
      report(name.at, `network.hosts names "${name.value}", which cluster.master_slaves does not${didYouMean(name.value, known)}`)
    }
  }
  const missing = names.filter((name) => !given.has(name))
  if (missing.length > 0) {
    report(hosts.at, `network.hosts has no entry for ${missing.join(', ')}; if one node has an entry, all need one`)
  }
}
