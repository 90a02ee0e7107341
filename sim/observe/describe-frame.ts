import { DecodeError, SYSTEM_PARTITION, unreachable } from '../../src/base/index.js'
import type { ChannelName } from '../../src/node/index.js'
import { decodeClusterFrame } from '../../protocols/cluster/index.js'
import type { ClusterMessage, MapCommand } from '../../protocols/cluster/index.js'
import { decodeKvFrame } from '../../protocols/kv/index.js'
import type { KvMessage } from '../../protocols/kv/index.js'
import { decodeMembershipFrame } from '../../protocols/membership/index.js'
import type { MembershipMessage } from '../../protocols/membership/index.js'
import { decodeReplicationFrame } from '../../protocols/replication/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'

/** Characters of a key shown at most. */
const KEY_CHARACTERS_MAX = 40

/** The messages of a frame for a person, e.g. `append p0 t3 prev 5/3 commit 5 2 entries`; never throws for what is in it. */
export function describeFrame (channel: ChannelName, payload: Uint8Array): string {
  try {
    return describeMessages(channel, payload).join('; ')
  } catch (error) {
    if (error instanceof DecodeError) return `${payload.length} bytes that cannot be decoded: ${error.message}`
    throw error
  }
}

function describeMessages (channel: ChannelName, payload: Uint8Array): string[] {
  switch (channel) {
    case 'replication': return decodeReplicationFrame(payload).map(describeReplication)
    case 'kv': return decodeKvFrame(payload).map(describeKv)
    case 'membership': return decodeMembershipFrame(payload).map(describeMembership)
    case 'cluster': return decodeClusterFrame(payload).map(describeCluster)
    default: return unreachable(channel)
  }
}

const partitionName = (partition: number): string => partition === SYSTEM_PARTITION ? 'system' : `p${partition}`

export function describeReplication (message: ReplicationMessage): string {
  const place = `${partitionName(message.partition)} t${message.term}`
  switch (message.kind) {
    case 'append': {
      const { prevIndex, prevTerm, commitIndex, entries, round } = message
      const what = entries.length === 0 ? 'heartbeat' : entries.length === 1 ? '1 entry' : `${entries.length} entries`
      return `append ${place} prev ${prevIndex}/${prevTerm} commit ${commitIndex} round ${round} ${what}`
    }
    case 'append-reply': {
      const { accepted, index, hintTerm, round, snapshotWanted } = message
      return `append-reply ${place} ${accepted ? `accepted ${index}` : `refused, try ${index}/${hintTerm}`} round ${round}${snapshotWanted ? ' wants a snapshot' : ''}`
    }
    case 'vote-request': {
      const { preVote, transfer, lastIndex, lastTerm } = message
      return `${preVote ? 'pre-vote' : 'vote'}-request ${place} last ${lastIndex}/${lastTerm}${transfer ? ' by transfer' : ''}`
    }
    case 'vote-reply': return `${message.preVote ? 'pre-vote' : 'vote'}-reply ${place} ${message.granted ? 'granted' : 'refused'}`
    case 'timeout-now': return `timeout-now ${place}`
    case 'retired': return `retired ${place} as of ${message.index}`
    case 'read-request': return `read-request ${place} #${message.id}`
    case 'read-reply': return `read-reply ${place} #${message.id} ${message.accepted ? `index ${message.index}` : 'refused'}`
    default: return unreachable(message)
  }
}

function keyText (key: Uint8Array): string {
  const text = Buffer.from(key).toString('utf8')
  return JSON.stringify(text.length > KEY_CHARACTERS_MAX ? `${text.slice(0, KEY_CHARACTERS_MAX)}…` : text)
}

function describeKv (message: KvMessage): string {
  if (message.kind === 'request') {
    const { request } = message
    const place = `#${request.id} ${partitionName(request.partition)}`
    if (request.op === 'get') return `get ${place} ${keyText(request.key)} ${request.consistency} within ${request.timeoutMs} ms`
    const { write, sequence } = request.command
    const what = write.op === 'set' ? `${keyText(write.key)} ${write.value.length} bytes` : keyText(write.key)
    return `${write.op} ${place} ${what} sequence ${request.generation}/${sequence} within ${request.timeoutMs} ms`
  }
  const { response } = message
  switch (response.kind) {
    case 'value': return `value #${response.id} revision ${response.revision} ${response.value.length} bytes`
    case 'missing': return `missing #${response.id}`
    case 'failed': return `failed #${response.id} ${response.code}${response.master === 0 ? '' : ` master ${response.master}`}: ${response.reason}`
    case 'result': {
      const { result } = response
      if (result.kind === 'expired') return `expired #${response.id}`
      return `${result.kind} done #${response.id} revision ${result.revision}${result.kind === 'delete' && !result.deleted ? ' (was missing)' : ''}`
    }
    default: return unreachable(response)
  }
}

function describeMembership (message: MembershipMessage): string {
  if (message.kind === 'digest') return `digest ${message.reply ? 'of all' : 'of what is wanted'}: ${message.listed.length} listed, ${message.remembered.length} remembered`
  const records = message.kind === 'sync' ? message.records : message.updates
  const news = records.map(({ name, health, generation, incarnation }) => `${name} ${health} ${generation}.${incarnation}`).join(', ')
  const tail = news === '' ? '' : ` (${news})`
  if (message.kind === 'sync') return `sync${tail}`
  const target = 'target' in message ? ` ${message.target}` : ''
  return `${message.kind} #${message.sequence}${target} epoch ${message.epoch} batch ${message.durableBatch}${tail}`
}

function describeMapCommand (command: MapCommand): string {
  switch (command.kind) {
    case 'bind':
    case 'admit': return `${command.kind} ${command.name} as ${command.peer}`
    case 'place': return `place ${command.partition} from ${command.from.join(' ')} to ${command.to.join(' ')}`
    default: return `${command.kind} member ${command.member}`
  }
}

function describeCluster (message: ClusterMessage): string {
  switch (message.kind) {
    case 'hello': {
      const { name, generation, clusterId, epoch, durableBatch, heardBatch } = message
      return `hello ${name} generation ${generation} cluster ${clusterId?.slice(0, 8) ?? 'none'} epoch ${epoch} batch ${durableBatch} heard ${heardBatch}`
    }
    case 'refuse': return `refuse ${message.code}: ${message.reason}`
    case 'found-propose': return `found-propose ${message.clusterId.slice(0, 8)}`
    case 'found-accept': return `found-accept ${message.clusterId.slice(0, 8)}`
    case 'map-request': return `map-request beyond epoch ${message.epoch}`
    case 'map': return `map epoch ${message.map.epoch}, ${message.map.members.length} members, ${message.map.partitions.length} partitions`
    case 'admit-request': return `admit-request ${message.name}`
    case 'placement-report': return `placement-report ${message.placements.map(({ partition, voters, learners }) => `${partition}: ${voters.join(' ')}${learners.length > 0 ? ` + ${learners.join(' ')}` : ''}`).join(', ')}`
    case 'change-request': return `change-request #${message.id} ${describeMapCommand(message.command)}`
    case 'change-reply': return `change-reply #${message.id} ${message.outcome.kind}${message.outcome.kind === 'refused' ? `: ${message.outcome.reason}` : ''}`
    default: return unreachable(message)
  }
}
