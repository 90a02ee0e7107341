import type { Prng } from '../../src/base/index.js'
import type { VirtualNode, World } from '../world/world.js'

/** What a selector may refer to. */
export interface SelectionContext {
  /** The node where the step's trigger happened. */
  readonly it: string | undefined
  /** The node that won the system partition last. */
  readonly coordinator: string | undefined
  /** Draws among several. */
  readonly random: Prng
}

/**
 * The node that a selector of a scenario means at this moment: a name, `it`, `any`, `any running`, `any stopped`,
 * `master of P`, `slave of P` or `coordinator`; undefined where there is none.
 */
export function selectNode (world: World, selector: string, context: SelectionContext): VirtualNode | undefined {
  const { it, random } = context
  switch (selector) {
    case 'it': return it === undefined ? undefined : world.nodes.get(it)
    case 'any': return draw([...world.nodes.values()], random)
    case 'any running': return draw(world.running(), random)
    case 'any stopped': return draw([...world.nodes.values()].filter((node) => node.driver === undefined), random)
    case 'coordinator': return context.coordinator === undefined ? undefined : world.nodes.get(context.coordinator)
    default:
  }
  const [, role, partition] = /^(master|slave) of (\d+)$/.exec(selector) ?? []
  if (role === undefined) return world.nodes.get(selector)
  return draw(holders(world, Number(partition), role === 'master' ? 'master' : 'slave'), random)
}

/** Running nodes whose replica of the partition believes itself in this role; of several masters, that of the newest term. */
function holders (world: World, partition: number, role: 'master' | 'slave'): VirtualNode[] {
  const found: VirtualNode[] = []
  let newestTerm = -1
  for (const node of world.running()) {
    const report = node.driver?.partitions()[partition]
    if (report === undefined) continue
    if (role === 'slave') {
      if (report.role === 'slave' || report.role === 'candidate' || report.role === 'installing') found.push(node)
    } else if (report.role === 'master' && (report.term ?? 0) > newestTerm) {
      newestTerm = report.term ?? 0
      found.splice(0, 1, node)
    }
  }
  return found
}

function draw<Item> (items: readonly Item[], random: Prng): Item | undefined {
  return items.length === 0 ? undefined : items[random.below(items.length)]
}
