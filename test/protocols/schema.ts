import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type {
  ClusterMap, ClusterMessage, Command, HardState, KvMessage, LogEntry, MapCommand, MemberRecord, MembershipMessage, MemberVersion,
  OriginCommands, ProbeHeader, ReplicationMessage, SnapshotFrame
} from '../../protocols/index.js'

/** A message in protobufjs's shape: its fields by their camel-case names. */
export type Plain = Readonly<Record<string, unknown>>

/** The folder of the schemas: the tests run compiled, elsewhere, and the compiler copies no `.proto`. */
function protocolsFolder (): string {
  const starts = [process.cwd(), dirname(fileURLToPath(import.meta.url))]
  for (const start of starts) {
    for (let folder = start; ; folder = dirname(folder)) {
      const candidate = join(folder, 'protocols')
      if (existsSync(join(candidate, 'kv', 'kv.proto'))) return candidate
      if (dirname(folder) === folder) break
    }
  }
  throw new Error(`no folder "protocols" with schemas above ${starts.join(' or ')}`)
}

/** The message type `name` of a protocol's schema, as protobufjs understands the `.proto` file. */
export function schemaType (protocol: string, name: string): protobuf.Type {
  const root = new protobuf.Root()
  root.loadSync(join(protocolsFolder(), protocol, `${protocol}.proto`))
  return root.lookupType(`gokeydb.${protocol}.v1.${name}`)
}

export function schemaEncode (type: protobuf.Type, plain: Plain): Buffer {
  return Buffer.from(type.encode(type.fromObject(plain)).finish())
}

export function schemaDecode (type: protobuf.Type, bytes: Uint8Array): Plain {
  return type.toObject(type.decode(bytes), { longs: Number })
}

/** Arrays that protobufjs leaves out where they are empty. */
const repeated = (name: string, values: readonly unknown[]): Plain => values.length === 0 ? {} : { [name]: values }
/** Fields that are absent where they are undefined. */
const optional = (name: string, value: unknown): Plain => value === undefined ? {} : { [name]: value }
const frameOf = (messages: readonly Plain[]): Plain => repeated('messages', messages)

const healthNumber = { alive: 1, suspect: 2, dead: 3, left: 4 }

function recordPlain (record: MemberRecord): Plain {
  const { multiaddrs, health, ...rest } = record
  return { ...rest, health: healthNumber[health], ...repeated('multiaddrs', multiaddrs) }
}

const versionPlain = ({ health, ...rest }: MemberVersion): Plain => ({ ...rest, health: healthNumber[health] })

function probePlain ({ sequence, epoch, durableBatch, updates }: ProbeHeader): Plain {
  return { sequence, epoch, durableBatch, ...repeated('updates', updates.map(recordPlain)) }
}

export function membershipPlain (messages: readonly MembershipMessage[]): Plain {
  return frameOf(messages.map((message) => {
    switch (message.kind) {
      case 'ping': return { ping: probePlain(message) }
      case 'ack': return { ack: probePlain(message) }
      case 'ping-request': return { pingRequest: { ...probePlain(message), target: message.target } }
      case 'nack': return { nack: { ...probePlain(message), target: message.target } }
      case 'sync': return { sync: repeated('records', message.records.map(recordPlain)) }
      case 'digest': return { digest: { reply: message.reply, ...repeated('listed', message.listed.map(versionPlain)), ...repeated('remembered', message.remembered.map(versionPlain)) } }
    }
  }))
}

const entryKindNumber = { noop: 1, commands: 2, map: 3, configuration: 4 }

/** @param prevTerm the term that need not be repeated; undefined: every entry names its own */
function entriesPlain (entries: readonly LogEntry[], prevTerm: number | undefined): Plain[] {
  return entries.map(({ term, kind, payload }, place) => {
    const before = place === 0 ? prevTerm : entries[place - 1]?.term
    const repeats = prevTerm !== undefined && before === term
    return {
      ...optional('term', repeats ? undefined : term), kind: entryKindNumber[kind],
      ...optional('payload', payload.length === 0 ? undefined : payload)
    }
  })
}

/** @param compact leaves out terms that follow from the entry before, as our encoder does */
export function replicationPlain (messages: readonly ReplicationMessage[], compact: boolean): Plain {
  return frameOf(messages.map((message) => {
    const { kind, ...rest } = message
    switch (message.kind) {
      case 'append': {
        const { entries, ...fields } = message
        const { kind: _, ...numbers } = fields
        return { append: { ...numbers, ...repeated('entries', entriesPlain(entries, compact ? message.prevTerm : undefined)) } }
      }
      default: return { [kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]: rest }
    }
  }))
}

export function logRunPlain (entries: readonly LogEntry[]): Plain {
  return { firstIndex: entries[0]?.index, entries: entriesPlain(entries, 0) }
}

export const hardStatePlain = (state: HardState): Plain => ({ ...state })

export function snapshotPlain (frame: SnapshotFrame): Plain {
  switch (frame.kind) {
    case 'header': {
      const { configuration: { index, voters, learners }, ...rest } = frame.header
      return { header: { ...rest, voters, ...repeated('learners', learners), configurationIndex: index } }
    }
    case 'records': return { records: repeated('records', frame.records) }
    case 'end': return { end: { recordCount: frame.recordCount } }
  }
}

function commandPlain ({ sequence, write }: Command): Plain {
  return write.op === 'set' ? { sequence, op: 1, key: write.key, value: write.value } : { sequence, op: 2, key: write.key }
}

const failureNumber = {
  not_master: 1, misrouted: 2, mastership_lost: 3, overloaded: 4, disk_full: 5, storage_failed: 6, expired: 7,
  read_timeout: 8, stopping: 9
}

export function kvPlain (messages: readonly KvMessage[]): Plain {
  return frameOf(messages.map((message) => {
    if (message.kind === 'request') {
      const { request } = message
      const { op: _, ...fields } = request
      if (request.op === 'get') return { get: { ...fields, consistency: request.consistency === 'local' ? 2 : 1 } }
      return { write: { ...fields, command: commandPlain(request.command) } }
    }
    const { response } = message
    const { id } = response
    switch (response.kind) {
      case 'value': return { value: { id, revision: response.revision, ageMsMax: response.ageMsMax, value: response.value } }
      case 'missing': return { missing: { id, revision: response.revision, ageMsMax: response.ageMsMax } }
      case 'failed': return { failed: { id, code: failureNumber[response.code], master: response.master, reason: response.reason } }
      case 'result': {
        const { kind, ...fields } = response.result
        return { [kind === 'expired' ? kind : `${kind}Result`]: { id, ...fields } }
      }
    }
  }))
}

export function originCommandsPlain (origins: readonly OriginCommands[]): Plain {
  return repeated('origins', origins.map(({ peer, generation, floor, commands }) =>
    ({ peer, generation, floor, ...repeated('commands', commands.map(commandPlain)) })))
}

export function clusterMapPlain (map: ClusterMap): Plain {
  return {
    clusterId: map.clusterId, clusterName: map.clusterName, epoch: map.epoch,
    members: map.members.map(({ id, name, peer, leaving }) => ({ id, name, ...optional('peer', peer), ...optional('leaving', leaving || undefined) })),
    systemVoters: map.systemVoters, partitions: map.partitions.map(({ replicas, initial }) => ({ replicas, initial })),
    replicaCount: map.replicaCount, systemInitial: map.systemInitial, memberIdMax: map.memberIdMax
  }
}

export function mapCommandPlain ({ kind, ...rest }: MapCommand): Plain {
  return { [kind]: rest }
}

const refusalNumber = {
  version: 1, foreign_cluster: 2, configuration_differs: 3, founding_refused: 4, name_taken: 5, disk_rolled_back: 6, cluster_full: 7,
  unknown_member: 8, outdated: 9, placement_impossible: 10
}
const outcomeNumber = { 'done': 1, 'not-coordinator': 2, 'refused': 3 }

export function clusterPlain (messages: readonly ClusterMessage[]): Plain {
  return frameOf(messages.map((message) => {
    switch (message.kind) {
      case 'hello': {
        const { kind: _, clusterId, multiaddrs, ...rest } = message
        return { hello: { ...rest, ...optional('clusterId', clusterId), ...repeated('multiaddrs', multiaddrs) } }
      }
      case 'refuse': {
        const { code, reason, clusterId } = message
        return { refuse: { code: refusalNumber[code], reason, ...optional('clusterId', clusterId) } }
      }
      case 'found-propose': return { foundPropose: { clusterId: message.clusterId, configuration: message.configuration } }
      case 'found-accept': return { foundAccept: { clusterId: message.clusterId } }
      case 'map-request': return { mapRequest: { epoch: message.epoch } }
      case 'map': return { map: clusterMapPlain(message.map) }
      case 'admit-request': return { admitRequest: { name: message.name } }
      case 'placement-report': return { placementReport: repeated('placements', message.placements.map(({ learners, ...rest }) => ({ ...rest, ...repeated('learners', learners) }))) }
      case 'change-request': return { changeRequest: { id: message.id, command: mapCommandPlain(message.command) } }
      case 'change-reply': {
        const { id, outcome } = message
        return { changeReply: { id, outcome: outcomeNumber[outcome.kind], ...optional('refusal', outcome.kind === 'refused' ? { code: refusalNumber[outcome.code], reason: outcome.reason } : undefined) } }
      }
    }
  }))
}
