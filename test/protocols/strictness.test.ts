import type protobuf from 'protobufjs'
import { DecodeError, Reader, Writer } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import { codecCases } from './codecs.js'
import { goldenBytes } from './golden.js'

/** Fields that a schema's comment allows to be absent, by message and name in protobufjs's camel case. */
const MAY_BE_ABSENT = new Set([
  'Entry.term', 'Entry.payload', 'Command.value', 'Hello.clusterId', 'Refuse.clusterId', 'MapMember.peer', 'MemberRecord.accuser',
  'MapMember.leaving', 'MapPartition.initial', 'ClusterMap.replicaCount', 'ClusterMap.systemInitial', 'ClusterMap.memberIdMax',
  'GroupPlacement.learners', 'SnapshotHeader.learners', 'ChangeReply.refusal'
])

/** One field as it was on the wire; a sub-message is a list of such. */
interface Part {
  readonly schema: protobuf.Field
  readonly value: number | Uint8Array | readonly Part[]
}

/** Repeated numbers travel as one field. */
const isPacked = (schema: protobuf.Field): boolean => schema.repeated && schema.type === 'uint32'

function parse (type: protobuf.Type, reader: Reader): Part[] {
  const parts: Part[] = []
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    const schema = type.fieldsById[field]
    if (schema === undefined) throw new Error(`${type.name} has no field ${field}`)
    schema.resolve()
    const inner = schema.resolvedType
    if (inner !== null && 'fields' in inner) parts.push({ schema, value: parse(inner, reader.message()) })
    else if (schema.type === 'string' || schema.type === 'bytes' || isPacked(schema)) parts.push({ schema, value: reader.bytes() })
    else parts.push({ schema, value: reader.uint() })
  }
  return parts
}

type WritePart = (writer: Writer, part: Part) => void

/** Writes the tree, the part `target` by `change`. */
function writeParts (writer: Writer, parts: readonly Part[], target: Part | undefined, change: WritePart): void {
  for (const part of parts) {
    if (part === target) change(writer, part)
    else writePart(writer, part, target, change)
  }
}

const nothing: WritePart = () => {}

function writePart (writer: Writer, part: Part, target?: Part, change: WritePart = nothing): void {
  const { schema: { id }, value } = part
  if (typeof value === 'number') writer.uint(id, value)
  else if (value instanceof Uint8Array) writer.bytes(id, value)
  else writer.message(id, (inner) => { writeParts(inner, value, target, change) })
}

const wrongWireType: WritePart = (writer, { schema: { id }, value }) => {
  if (typeof value === 'number') writer.bytes(id, Buffer.from([value & 0x7f]))
  else writer.uint(id, 1)
}
const twice: WritePart = (writer, part) => {
  writePart(writer, part)
  writePart(writer, part)
}
/** A length beyond the end of the frame. */
const tooLong: WritePart = (writer, { schema: { id } }) => { writer.varint(id * 8 + 2).varint(2 ** 30) }

const innerParts = ({ value }: Part): readonly Part[] | undefined =>
  typeof value === 'number' || value instanceof Uint8Array ? undefined : value

function * allParts (parts: readonly Part[]): Generator<Part> {
  for (const part of parts) {
    yield part
    yield * allParts(innerParts(part) ?? [])
  }
}

const nameOf = ({ schema }: Part): string => `${schema.parent?.name ?? ''}.${schema.name}`

suite('strictness, at every field of every golden message', ({ test }) => {
  const samples = Object.entries(goldenBytes).map(([name, golden]) => {
    const codec = codecCases.find((each) => each.name === codecName(name))
    if (codec === undefined) throw new Error(`no codec for ${name}`)
    return { name, codec, tree: parse(codec.type, new Reader(Buffer.from(golden, 'hex'))) }
  })

  function refusedWhere (change: WritePart, applies: (part: Part) => boolean): number {
    let count = 0
    for (const { name, codec, tree } of samples) {
      for (const part of allParts(tree)) {
        if (!applies(part)) continue
        count++
        const writer = new Writer()
        writeParts(writer, tree, part, change)
        const bytes = writer.finish()
        expect.throws(() => codec.decode(bytes), (error: unknown) => error instanceof DecodeError, `${name}: ${nameOf(part)} in ${bytes.toString('hex')}`)
      }
    }
    return count
  }

  test('the samples are written as they were read', () => {
    for (const { name, tree } of samples) {
      const writer = new Writer()
      writeParts(writer, tree, undefined, nothing)
      expect.is(writer.finish().toString('hex'), goldenBytes[name])
    }
  })

  test('a value of the wrong wire type is refused', () => {
    expect.ok(refusedWhere(wrongWireType, () => true) > 200)
  })

  test('a length beyond the end is refused', () => {
    expect.ok(refusedWhere(tooLong, () => true) > 200)
  })

  test('a singular field that comes twice is refused', () => {
    expect.ok(refusedWhere(twice, ({ schema }) => !schema.repeated || isPacked(schema)) > 150)
  })

  test('a missing field is refused unless the schema allows its absence', () => {
    const applies = (part: Part): boolean =>
      (!part.schema.repeated || isPacked(part.schema)) && !(part.schema.partOf?.name === 'kind') && !MAY_BE_ABSENT.has(nameOf(part))
    expect.ok(refusedWhere(nothing, applies) > 150)
  })

  test('every field that may be absent is absent in some sample', () => {
    const present = new Set<string>()
    const partial = new Set<string>()
    const lookInto = (message: string, parts: readonly Part[]): void => {
      const names = new Set(parts.map(nameOf))
      for (const name of names) present.add(name)
      for (const name of MAY_BE_ABSENT) if (name.startsWith(`${message}.`) && !names.has(name)) partial.add(name)
      for (const part of parts) lookInto(part.schema.resolvedType?.name ?? '', innerParts(part) ?? [])
    }
    for (const { codec, tree } of samples) lookInto(codec.type.name, tree)
    for (const name of MAY_BE_ABSENT) {
      expect.ok(present.has(name) || name === 'Refuse.clusterId', `${name} is never there`)
      expect.ok(partial.has(name) || name === 'Hello.clusterId' || name === 'ChangeReply.refusal' || name === 'SnapshotHeader.learners', `${name} is always there`)
    }
  })
})

function codecName (golden: string): string {
  switch (golden) {
    case 'log run': return 'replication LogRun'
    case 'hard state': return 'replication HardState'
    case 'origin commands': return 'kv CommandBatch'
    case 'cluster map record':
    case 'cluster map record before placement': return 'cluster ClusterMap'
    default: {
      const [protocol = ''] = golden.split(' ')
      if (protocol === 'map') return 'cluster MapCommand'
      return `${protocol} ${protocol.charAt(0).toUpperCase()}${protocol.slice(1)}Frame`
    }
  }
}
