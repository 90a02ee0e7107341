import type { NodeName } from '../base/index.js'
import { toPlain } from './document.js'
import type { Located } from './document.js'
import { show } from './problem.js'
import type { Report } from './problem.js'
import { MappingReader } from './reader.js'
import type { Field } from './reader.js'
import { nodeNameSchema, REPLICAS_MAX } from './schema.js'

/** A replica set written down by the user; partition i goes to group i mod groups. */
export interface ReplicaGroup {
  /** The preferred master of the group's partitions. */
  readonly master: NodeName
  /** Their other replicas. */
  readonly slaves: readonly NodeName[]
}

export interface GroupsRead {
  readonly groups: readonly ReplicaGroup[]
  /** Every name once, in order of appearance. */
  readonly names: readonly NodeName[]
  /** False where a name could not be read, so that `names` may lack one. */
  readonly complete: boolean
}

/** Reads `cluster.master_slaves`. Where something is wrong it is reported, and what was right is answered. */
export function readGroups (located: Located, report: Report): GroupsRead {
  if (located.kind !== 'list' || located.items.length === 0) {
    const found = located.kind === 'list' ? 'an empty list' : show(toPlain(located))
    report(located.at, `cluster.master_slaves must be a list of groups, each with a master and its slaves, found ${found}; leave the key out to have replicas placed automatically`)
    return { groups: [], names: [], complete: false }
  }
  const groups: ReplicaGroup[] = []
  const names = new Map<NodeName, Field<NodeName>>()
  let complete = true
  const unreadable: Report = (at, message) => {
    complete = false
    report(at, message)
  }
  for (const [index, item] of located.items.entries()) {
    const group = readGroup(`cluster.master_slaves[${index}]`, item, unreadable)
    const members = [...group.master === undefined ? [] : [group.master], ...group.slaves]
    for (const [position, member] of members.entries()) {
      const earlier = names.get(member.value)
      if (earlier === undefined) {
        names.set(member.value, member)
        continue
      }
      const ownMaster = position > 0 && member.value === group.master?.value
      report(member.at, ownMaster
        ? `"${member.value}" is the master of this group and cannot be its own slave; remove it from slaves`
        : `"${member.value}" is named twice (first in line ${earlier.at.line ?? '?'}); a node belongs to one group, once`)
    }
    if (members.length > REPLICAS_MAX) {
      report(item.at, `this group has ${members.length} nodes; at most ${REPLICAS_MAX} may hold one partition`)
    }
    if (group.master !== undefined) groups.push({ master: group.master.value, slaves: group.slaves.map(({ value }) => value) })
  }
  return { groups, names: [...names.keys()], complete }
}

interface GroupRead {
  readonly master: Field<NodeName> | undefined
  readonly slaves: ReadonlyArray<Field<NodeName>>
}

function readGroup (name: string, located: Located, report: Report): GroupRead {
  const reader = new MappingReader(name, located, report)
  const given = reader.located('master') !== undefined
  const master = reader.text('master', nodeNameSchema)
  const slaves = reader.list('slaves', nodeNameSchema)
  reader.finish()
  if (!given && located.kind === 'mapping') report(located.at, `${name} has no master; add "master: NAME"`)
  return { master, slaves: slaves?.value ?? [] }
}
