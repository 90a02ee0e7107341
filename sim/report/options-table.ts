import type { LinkOptions } from '../network/link-options.js'
import type { Scenario } from '../scenario/scenario.js'
import { msText } from './format.js'

/** What was drawn or written for this run, but for its steps: names and values for a person. Link options that are 0 are left out. */
export function optionRows (scenario: Scenario): Array<readonly [string, string]> {
  const { nodes, partitions, groups, tuning, network, disk, turnUs, clocks, slowness, clients, durationUs, late, expect, steps } = scenario
  const rows: Array<readonly [string, string]> = [
    ['nodes', String(nodes)],
    ['partitions', String(partitions)],
    ['replica groups', groups === undefined ? 'one of all' : groups.map((group) => group.join(' ')).join(' | ')],
    ['duration', msOf(durationUs)],
    ['steps', String(steps.length)],
    ['flush', `${msText(disk.flushUsMin)}–${msOf(disk.flushUsMax)}`],
    ['turn', msOf(turnUs)],
    ...linkRows(network),
    ...Object.entries(tuning).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(clocks).map(([name, { offsetUs, driftPpm }]) => [`clock of ${name}`, `${msOf(offsetUs)}, ${driftPpm} ppm`] as const),
    ...Object.entries(slowness).map(([name, factor]) => [`${name} is slower`, `${factor}×`] as const)
  ]
  if (clients !== undefined) {
    const { operationsPerSecond, keys, sets, deletes, gets, timeoutUsMin, timeoutUsMax, retries } = clients
    rows.push(
      ['operations', `${operationsPerSecond}/s on ${keys} keys`], ['set : delete : get', `${sets} : ${deletes} : ${gets}`],
      ['client timeout', `${msText(timeoutUsMin)}–${msOf(timeoutUsMax)}`], ['retries', String(retries)]
    )
  }
  if (late.length > 0) rows.push(['late', late.join(' ')])
  if (expect.violated.length > 0) rows.push(['must be violated', expect.violated.join(', ')])
  if (expect.lost.length > 0) rows.push(['may be lost', expect.lost.join(' ')])
  if (!expect.heals) rows.push(['heals', 'no'])
  return rows
}

function linkRows (network: LinkOptions): Array<readonly [string, string]> {
  return Object.entries(network).filter(([, value]) => value !== 0).map(([name, value]: [string, number]) => {
    if (name.endsWith('OneIn')) return [`link ${name.slice(0, -'OneIn'.length)}`, `1 in ${value}`]
    if (name.endsWith('Us') || name.endsWith('UsMax')) return [`link ${name.replace('Us', '')}`, msOf(value)]
    return [`link ${name}`, name === 'bandwidth' ? `${value} B/s` : String(value)]
  })
}

const msOf = (us: number): string => `${msText(us)} ms`
