import type { Scenario } from './scenario.js'

/** How many nodes may be late: node1 founds the cluster once a majority of the other nodes accepted (DESIGN.md section 6). */
export const lateMax = (nodes: number): number => Math.max(0, nodes - 2 - Math.floor((nodes - 1) / 2))

/** Reports late nodes without whom there would be no cluster to come to. */
export function reportLate ({ nodes, late }: Scenario, report: (message: string) => void): void {
  const twice = late.find((name, index) => late.indexOf(name) < index)
  const max = lateMax(nodes)
  if (twice !== undefined) report(`late names ${twice} twice`)
  else if (late.includes('node1')) report('node1 founds the cluster and cannot be late')
  else if (late.length > max) report(`of ${nodes} nodes ${max === 0 ? 'none' : `at most ${max}`} may be late: node1 founds the cluster with a majority of the others`)
}
