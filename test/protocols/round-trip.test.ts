import { decodeReplicationFrame } from '../../protocols/index.js'
import type { ReplicationMessage } from '../../protocols/index.js'
import fc from 'fast-check'
import { expect, suite } from '../harness.js'
import { replicationMessage } from './arbitraries.js'
import { codecCases } from './codecs.js'
import { expectSame } from './same.js'
import { replicationPlain, schemaDecode, schemaEncode, schemaType } from './schema.js'

const SEED = 20_240_601
const RUNS = 80

suite('every codec', ({ test }) => {
  for (const codec of codecCases) {
    test(`${codec.name}: what was encoded is decoded`, () => {
      codec.each(SEED, RUNS, ({ value, bytes }) => { expectSame(codec.decode(bytes), value) })
    })

    test(`${codec.name}: protobufjs reads our bytes by the schema`, () => {
      codec.each(SEED + 1, RUNS, ({ bytes, plain }) => { expectSame(schemaDecode(codec.type, bytes), plain) })
    })

    test(`${codec.name}: protobufjs writes the same bytes by the schema`, () => {
      codec.each(SEED + 2, RUNS, ({ value, bytes, plain }) => {
        const theirs = schemaEncode(codec.type, plain)
        expectSame(codec.decode(theirs), value)
        expect.is(theirs.toString('hex'), bytes.toString('hex'))
      })
    })

    test(`${codec.name}: fields of a newer version are skipped`, () => {
      codec.each(SEED + 3, 20, ({ value, bytes }) => {
        // 1000: a varint of 64 bits, a fixed64, bytes and a fixed32, before and behind everything else
        const unknown = Buffer.from('c03effffffffffffffffff01c13e0102030405060708c23e03616263c53e01020304', 'hex')
        expectSame(codec.decode(Buffer.concat([unknown, bytes, unknown])), value)
      })
    })

    test(`${codec.name}: a plain Uint8Array at an odd offset decodes as well as a Buffer`, () => {
      codec.each(SEED + 4, 20, ({ value, bytes }) => {
        const offset = new Uint8Array(bytes.length + 7)
        offset.set(bytes, 5)
        expectSame(codec.decode(offset.subarray(5, 5 + bytes.length)), value)
      })
    })
  }

  test('an append whose entries all name their terms means the same', () => {
    const type = schemaType('replication', 'ReplicationFrame')
    fc.assert(fc.property(fc.array<ReplicationMessage>(replicationMessage, { maxLength: 5 }), (messages) => {
      expectSame(decodeReplicationFrame(schemaEncode(type, replicationPlain(messages, false))), messages)
    }), { seed: SEED, numRuns: RUNS })
  })
})
