import { SYSTEM_PARTITION, unreachable } from '../../src/base/index.js'
import type { Check } from '../scenario/scenario.js'
import { selectNode } from './selectors.js'
import type { SelectionContext } from './selectors.js'
import type { VirtualNode, World } from '../world/world.js'

/** How long a check may wait for what it asks, µs. */
export function patienceUs (check: Check): number {
  return check.kind === 'running' ? 0 : check.withinUs
}

/** What is not as the check wants it, for a person; undefined: all is well. */
export function problemOf (check: Check, world: World, context: SelectionContext): string | undefined {
  switch (check.kind) {
    case 'one-master': {
      const masters = mastersOf(world, check.partition)
      return masters.length === 1 ? undefined : `partition ${check.partition} has ${masters.length === 0 ? 'no master' : `the masters ${masters.join(', ')}`}`
    }
    case 'no-master-among': {
      const names = check.nodes.map((selector) => selectNode(world, selector, context)?.name)
      const masters = mastersOf(world, check.partition).filter((name) => names.includes(name))
      return masters.length === 0 ? undefined : `${masters.join(', ')} still masters partition ${check.partition}`
    }
    case 'master': {
      const wanted = selectNode(world, check.node, context)?.name
      const masters = mastersOf(world, check.partition)
      return wanted !== undefined && masters.length === 1 && masters[0] === wanted ? undefined : `${wanted ?? check.node} should master partition ${check.partition}: ${masters.join(', ') || 'nobody'} does`
    }
    case 'running': {
      const node = selectNode(world, check.node, context)
      const isRunning = node?.driver !== undefined
      return isRunning === check.running ? undefined : `${node?.name ?? check.node} ${isRunning ? 'runs' : `does not run${node?.fatal === undefined ? '' : `: ${node.fatal}`}`}`
    }
    case 'caught-up': return lag(world, check.partition)
    default: return unreachable(check)
  }
}

function mastersOf (world: World, partition: number): string[] {
  return world.running().filter((node) => node.driver?.partitions()[partition]?.role === 'master').map((node) => node.name)
}

/**
 * Whether replicas of a partition stand at different positions; undefined where all are at one. The system partition's
 * state is what every node has of it, voter or not: the cluster map.
 */
export function lag (world: World, partition: number, except: ReadonlySet<string> = new Set()): string | undefined {
  if (partition === SYSTEM_PARTITION) return mapLag(world.running().filter((node) => !except.has(node.name)))
  const states = new Map<string, string>()
  for (const node of world.running()) {
    if (except.has(node.name)) continue
    const report = node.driver?.partitions()[partition]
    if (report === undefined) return `${node.name} has no map`
    if (report.role === 'none') continue
    if (report.role === 'installing' || report.role === 'failed') return `partition ${partition} on ${node.name} is ${report.role}`
    states.set(`applied ${report.appliedIndex} of ${report.commitIndex}, revision ${report.revision}, ${report.keyCount} keys`, node.name)
  }
  return states.size <= 1 ? undefined : `partition ${partition}: ${[...states].map(([state, name]) => `${name} ${state}`).join('; ')}`
}

function mapLag (nodes: readonly VirtualNode[]): string | undefined {
  const epochs = new Map<number, string>()
  for (const { name, driver } of nodes) {
    if (driver === undefined) continue
    const broken = driver.readiness().checks.find((check) => !check.ok)
    if (broken !== undefined) return `${name} is not ready: ${broken.name}: ${broken.detail}`
    epochs.set(driver.status().epoch, name)
  }
  return epochs.size <= 1 ? undefined : `system partition: ${[...epochs].map(([epoch, name]) => `${name} has the map of epoch ${epoch}`).join('; ')}`
}
