import { unreachable } from '../base/index.js'
import type { MemberId, Multiaddr, PartitionId } from '../base/index.js'
import { memberById } from '../coordinator/index.js'
import type { MemberReport, PartitionReport, ReadinessReport, StatusReport } from './api.js'
import { KEY_BYTES_MAX, TIMEOUT_MS_MAX, VALUE_BYTES_MAX } from './api.js'
import type { BootState } from './boot.js'
import type { Cluster } from './cluster.js'
import type { Company } from './company.js'
import type { Gateway } from './gateway.js'
import type { GroupCommit } from './group-commit.js'
import type { NodeOptions } from './options.js'
import type { Replica } from './replica.js'
import type { ReplicaSet } from './replica-set.js'

/** Everything a report may look at. */
export interface NodeView {
  readonly options: NodeOptions
  readonly boot: BootState
  readonly cluster: Cluster
  readonly company: Company
  readonly replicas: ReplicaSet
  readonly gateway: Gateway
  readonly commit: GroupCommit
  readonly freeBytes: number
  readonly multiaddrs: readonly Multiaddr[]
  readonly stopping: boolean
  readonly failed: string | undefined
  readonly startedMs: number
  readonly nowMs: number
}

export function statusReport (view: NodeView): StatusReport {
  const { options, cluster, replicas } = view
  const readiness = readinessReport(view)
  const partitionCount = cluster.map?.partitions.length ?? 0
  return {
    name: options.name,
    peer: options.peer,
    version: options.version,
    memberId: cluster.selfMember,
    clusterId: cluster.clusterId,
    clusterName: cluster.map?.clusterName ?? options.clusterName,
    epoch: cluster.epoch,
    generation: view.boot.generation,
    uptimeMs: Math.round(view.nowMs - view.startedMs),
    multiaddrs: view.multiaddrs,
    http: options.http,
    admitted: cluster.selfMember !== undefined,
    ready: readiness.ready,
    reasons: readiness.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`),
    limits: { keyBytesMax: KEY_BYTES_MAX, valueBytesMax: VALUE_BYTES_MAX, timeoutMsMax: TIMEOUT_MS_MAX, requestsMax: options.tuning.requestsMax },
    requests: view.gateway.counts,
    storage: { healthy: view.commit.failure === undefined, durableBatch: view.commit.durable, freeBytes: view.freeBytes },
    partitions: { count: partitionCount, replicas: replicas.deskCount, masters: replicas.masteredCount }
  }
}

/** This node first, then the others by name: members of the map, and peers that membership knows beside them. */
export function memberReports ({ options, cluster, company, nowMs }: NodeView): MemberReport[] {
  const reports = new Map<string, MemberReport>()
  const { map } = cluster
  const replicasOf = (id: MemberId | undefined): number | undefined =>
    map && map.partitions.reduce((count, { replicas }) => count + Number(id !== undefined && replicas.includes(id)), 0)
  const isLeaving = (id: MemberId | undefined): boolean => map !== undefined && id !== undefined && memberById(map, id)?.leaving === true
  for (const { record, sinceMs, rttMs, localHealth } of company.members()) {
    const memberId = cluster.memberOf(record.peer)
    reports.set(record.peer, {
      name: record.name,
      peer: record.peer,
      memberId,
      health: record.health,
      sinceMs: Math.max(0, Math.round(nowMs - sinceMs)),
      generation: record.generation,
      incarnation: record.incarnation,
      multiaddrs: record.multiaddrs,
      http: record.http,
      self: record.peer === options.peer,
      rttMs: rttMs === undefined ? undefined : Math.round(rttMs * 1000) / 1000,
      localHealth,
      leaving: isLeaving(memberId),
      replicas: replicasOf(memberId)
    })
  }
  for (const member of map?.members ?? []) {
    if (member.peer !== undefined && reports.has(member.peer)) continue
    reports.set(member.peer ?? `name:${member.name}`, {
      name: member.name,
      peer: member.peer ?? '',
      memberId: member.id,
      health: 'unknown',
      sinceMs: Math.round(nowMs),
      generation: 0,
      incarnation: 0,
      multiaddrs: [],
      http: '',
      self: false,
      rttMs: undefined,
      localHealth: undefined,
      leaving: member.leaving,
      replicas: replicasOf(member.id)
    })
  }
  return [...reports.values()].sort((a, b) => Number(b.self) - Number(a.self) || (a.name < b.name ? -1 : 1))
}

export function partitionReports ({ cluster, replicas, gateway }: NodeView): PartitionReport[] {
  const { map } = cluster
  if (map === undefined) return []
  const nameOf = (id: MemberId | 0 | undefined): string | undefined => id === undefined || id === 0 ? undefined : memberById(map, id)?.name
  return map.partitions.map(({ replicas: members }, number) => {
    const partition = number as PartitionId
    const desk = replicas.desk(partition)
    const preferred = nameOf(members[0])
    if (desk === undefined) {
      const hint = gateway.masterHint(partition)
      const master = hint === undefined ? undefined : nameOf(cluster.memberOf(hint))
      return {
        partition, master, preferred, role: 'none', slaves: members.map(nameOf).filter((name) => name !== undefined && name !== master) as string[],
        term: undefined, commitIndex: undefined, appliedIndex: undefined, revision: undefined, keyCount: undefined
      }
    }
    const { replica, machine } = desk
    const master = nameOf(replica.master)
    return {
      partition,
      master,
      preferred,
      role: roleOf(replica),
      slaves: members.map(nameOf).filter((name): name is string => name !== undefined && name !== master),
      term: replica.group.term,
      commitIndex: replica.group.commitIndex,
      appliedIndex: replica.group.appliedIndex,
      revision: machine.revision,
      keyCount: machine.keyCount
    }
  })
}

function roleOf (replica: Replica): PartitionReport['role'] {
  if (replica.failure !== undefined) return 'failed'
  if (!replica.serves) return 'installing'
  switch (replica.group.role) {
    case 'leader': return 'master'
    case 'follower': return 'slave'
    case 'candidate':
    case 'pre-candidate': return 'candidate'
    default: return unreachable(replica.group.role)
  }
}

/**
 * Ready: admitted, knows the map, storage healthy, not stopping. Partitions without master and the limits of this
 * version are shown, and do not make a node unready (DESIGN.md section 2).
 */
export function readinessReport (view: NodeView): ReadinessReport {
  const { cluster, replicas, commit } = view
  const map = cluster.map
  const broken = replicas.all.filter((replica) => replica.failure !== undefined)
  const decisive = [
    { name: 'cluster', ok: map !== undefined, detail: map === undefined ? cluster.situation : `cluster ${map.clusterId}, epoch ${map.epoch}` },
    { name: 'admitted', ok: cluster.selfMember !== undefined, detail: cluster.selfMember === undefined ? cluster.situation : `member ${cluster.selfMember}` },
    {
      name: 'storage',
      ok: commit.failure === undefined && broken.length === 0,
      detail: commit.failure?.message ?? (broken.length === 0 ? `batch ${commit.durable} is durable` : `${broken.length} replicas stopped: ${broken[0]?.failure}`)
    },
    { name: 'running', ok: !view.stopping && view.failed === undefined, detail: view.failed ?? (view.stopping ? 'stopping' : 'running') }
  ]
  const reports = partitionReports(view)
  const masterless = reports.filter((report) => report.role !== 'none' && report.master === undefined).map((report) => report.partition)
  const informative = [
    {
      name: 'masters',
      ok: true,
      detail: masterless.length === 0 ? 'every partition held here has a master' : `partitions held here without a master at the moment: ${masterless.join(', ')}`
    },
    {
      name: 'replicas',
      ok: true,
      detail: map !== undefined && map.partitions.every((partition) => partition.replicas.length === 1)
        ? 'every partition has one copy: without master_slaves this version places no replicas on other nodes yet'
        : `${replicas.deskCount} of ${reports.length} partitions have a replica here`
    }
  ]
  return { ready: decisive.every((check) => check.ok), checks: [...decisive, ...informative] }
}
