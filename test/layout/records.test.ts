import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import {
  DecodeError, toBatchNumber, toBucket, toClusterId, toGeneration, toIncarnation, toLogIndex, toMemberId, toNodeName, toPartitionId, toPeerId, toRevision,
  toTerm, type Multiaddr
} from '../../src/base/index.js'
import {
  KNOWN_ADDRESS_COUNT_MAX, batchKey, crc32, dataKey, decodeBatchNumber, decodeFoundingRecord, decodeInstalling, decodeKnownPeer,
  decodeLogStart, decodeNodeRecord, decodeReplicaState, decodeRetired, decodeValueRecord, encodeBatchNumber,
  encodeFoundingRecord, encodeInstalling, encodeKnownPeer, encodeLogStart, encodeNodeRecord,
  encodeReplicaState, encodeRetired, encodeValueRecord, hardStateKey, logStartKey, nodeKey, openRecord, peerKey, replicaStateKey, sealRecord
} from '../../src/layout/index.js'
import { expect, suite } from '../harness.js'

const PEER = toPeerId('12D3KooWBXu3uGPMkjjxViK6autSnFH5QaKJgTwW8CaSxYSD6yYL')
const OTHER_PEER = toPeerId('12D3KooWBXu3uGPMkjjxViK6autSnFH5QaKJgTwW8CaSxYSD6yYM')
const CLUSTER = toClusterId('00112233445566778899aabbccddeeff')
const P3 = toPartitionId(3)
const KEY = dataKey(toBucket(7), Buffer.from('user:1'))
const isDecodeError = (pattern: RegExp) => (error: Error): boolean => error instanceof DecodeError && pattern.test(error.message)
const anyBytes = fc.uint8Array({ maxLength: 200 })

const NODE = { name: toNodeName('node1'), peer: PEER, generation: toGeneration(7), clusterId: CLUSTER, memberId: toMemberId(2), configuration: 'nodes: 4' }
const KNOWN_PEER = {
  name: toNodeName('node2'), generation: toGeneration(3), multiaddrs: ['/ip4/10.0.0.4/tcp/9080', '/dns4/node2/tcp/9080'] as Multiaddr[],
  http: 'http://10.0.0.4:8080', heardBatch: toBatchNumber(99), incarnation: toIncarnation(7), left: true, signature: new Uint8Array(64).fill(9)
}
const REPLICA_STATE = { appliedIndex: toLogIndex(9), appliedTerm: toTerm(3), revision: toRevision(2 ** 52), keyCount: 17 }
/** CRC-32 of 800007 "user:1" 00ac0276 (Python's zlib), then format 0, revision 300, "v". */
const GOLDEN_VALUE = 'de050f7500ac0276'

suite('crc32', ({ test }) => {
  test('gives the check value of CRC-32/ISO-HDLC', () => {
    expect.is(crc32(Buffer.from('123456789')), 0xcbf43926)
    expect.is(crc32(Buffer.alloc(0)), 0)
  })

  test('agrees with zlib on any part of any bytes, short and long, in one piece and in two', () => {
    fc.assert(fc.property(anyBytes, fc.nat(200), fc.nat(200), (bytes, left, right) => {
      const [start, end] = [Math.min(left, right, bytes.length), Math.min(Math.max(left, right), bytes.length)]
      expect.is(crc32(bytes, 0, start, end), zlibCrc32(bytes.subarray(start, end)))
      expect.is(crc32(bytes, crc32(bytes, 0, 0, start), start), zlibCrc32(bytes))
    }))
  })
})

suite('sealed records', ({ test }) => {
  test('open to their payload', () => {
    fc.assert(fc.property(anyBytes, anyBytes, (key, payload) => { expect.equal([...openRecord(key, sealRecord(key, payload))], [...payload]) }))
  })

  test('betray any single flipped bit', () => {
    for (const size of [0, 1, 20, 63, 64, 200]) {
      const record = sealRecord(KEY, Buffer.alloc(size, 0xa5))
      for (let bit = 0; bit < record.length * 8; bit++) {
        record[bit >>> 3]! ^= 1 << (bit & 7)
        expect.throws(() => openRecord(KEY, record), isDecodeError(/^data \(bucket 7, key "user:1"\): the checksum is/), `bit ${bit} of ${size} bytes`)
        record[bit >>> 3]! ^= 1 << (bit & 7)
      }
      expect.is(openRecord(KEY, record).length, size)
    }
  })

  test('betray a record under any other key', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }), anyBytes, (key, other, payload) => {
      fc.pre(Buffer.compare(key, other) !== 0)
      expect.throws(() => openRecord(other, sealRecord(key, payload)), isDecodeError(/wrong key/))
    }))
    for (let bit = 0; bit < KEY.length * 8; bit++) {
      const other = Buffer.from(KEY)
      other[bit >>> 3]! ^= 1 << (bit & 7)
      expect.throws(() => openRecord(other, sealRecord(KEY, Buffer.from('v'))), isDecodeError(/wrong key/), `bit ${bit}`)
    }
  })

  test('betray truncation', () => {
    const record = sealRecord(KEY, Buffer.from('some value'))
    for (let size = 0; size < record.length; size++) expect.throws(() => openRecord(KEY, record.subarray(0, size)), isDecodeError(/^data/), `${size} bytes`)
  })

  test('name the key of every kind', () => {
    expect.throws(() => openRecord(hardStateKey(P3), Buffer.alloc(8)), isDecodeError(/^hard-state \(partition 3\): /))
    expect.throws(() => openRecord(nodeKey(), Buffer.alloc(3)), isDecodeError(/^node: 3 bytes are no record/))
  })
})

suite('value records', ({ test }) => {
  test('have golden bytes', () => {
    expect.is(encodeValueRecord(KEY, toRevision(300), Buffer.from('v')).toString('hex'), GOLDEN_VALUE)
  })

  test('give back value and revision, without copying the value', () => {
    fc.assert(fc.property(anyBytes, fc.oneof(fc.nat(300), fc.maxSafeNat()), (value, revision) => {
      const record = encodeValueRecord(KEY, toRevision(revision), value)
      const decoded = decodeValueRecord(KEY, record)
      expect.is(decoded.revision, revision)
      expect.equal([...decoded.value], [...value])
      expect.is(decoded.value.buffer, record.buffer)
    }))
    expect.is(decodeValueRecord(KEY, encodeValueRecord(KEY, toRevision(Number.MAX_SAFE_INTEGER), Buffer.alloc(0))).revision, Number.MAX_SAFE_INTEGER)
  })

  test('betray any single flipped bit and any other key', () => {
    const record = encodeValueRecord(KEY, toRevision(70000), Buffer.from('the value'))
    for (let bit = 0; bit < record.length * 8; bit++) {
      const flipped = Buffer.from(record)
      flipped[bit >>> 3]! ^= 1 << (bit & 7)
      expect.throws(() => decodeValueRecord(KEY, flipped), isDecodeError(/^data \(bucket 7, key "user:1"\)/), `bit ${bit}`)
    }
    expect.throws(() => decodeValueRecord(dataKey(toBucket(8), Buffer.from('user:1')), record), isDecodeError(/wrong key/))
  })

  test('with a right checksum and a wrong shape are refused by name', () => {
    for (const [hex, pattern] of [
      ['', /unknown value format/], ['0101', /unknown value format 1/], ['00', /truncated revision/], ['0080', /truncated revision/],
      ['00ffffffffffffffff7f', /beyond 2\^53/], ['008080808080808080808001', /beyond 2\^53/]
    ] as const) {
      expect.throws(() => decodeValueRecord(KEY, sealRecord(KEY, Buffer.from(hex, 'hex'))), isDecodeError(pattern), hex)
    }
  })
})

suite('meta records', ({ test }) => {
  test('of the node come back, with and without a cluster', () => {
    expect.equal(decodeNodeRecord(encodeNodeRecord(NODE)), NODE)
    const alone = { ...NODE, clusterId: undefined, memberId: undefined, configuration: '' }
    expect.equal(decodeNodeRecord(encodeNodeRecord(alone)), alone)
    expect.throws(() => encodeNodeRecord({ ...NODE, configuration: 'x'.repeat(1024 * 1024 + 1) }), /too long/)
  })

  test('of batch numbers come back', () => {
    expect.is(decodeBatchNumber(encodeBatchNumber(toBatchNumber(2 ** 40))), 2 ** 40)
  })

  test('of founding promises come back', () => {
    const record = { proposed: CLUSTER, accepted: undefined, renounced: toClusterId('f'.repeat(32)) }
    expect.equal(decodeFoundingRecord(encodeFoundingRecord(record)), record)
    const none = { proposed: undefined, accepted: undefined, renounced: undefined }
    expect.equal(decodeFoundingRecord(encodeFoundingRecord(none)), none)
  })

  test('of known peers come back, and keep only what can be read again', () => {
    expect.equal(decodeKnownPeer(PEER, encodeKnownPeer(PEER, KNOWN_PEER)), KNOWN_PEER)
    const tooMuch = {
      ...KNOWN_PEER, http: 'h'.repeat(2000),
      multiaddrs: ['/long/' + 'x'.repeat(2000), 'no address', ...Array.from({ length: 50 }, (_, i) => `/ip4/10.0.0.1/tcp/${i}`)] as Multiaddr[]
    }
    const decoded = decodeKnownPeer(PEER, encodeKnownPeer(PEER, tooMuch))
    expect.is(decoded.http, '')
    expect.is(decoded.multiaddrs.length, KNOWN_ADDRESS_COUNT_MAX)
    expect.is(decoded.multiaddrs[0], '/ip4/10.0.0.1/tcp/0')
  })

  test('of known peers written before members signed are read, without a signature', () => {
    const written = sealRecord(peerKey(PEER), Buffer.from('0a056e6f6465321003186322002a162f6970342f31302e302e302e342f7463702f39303830', 'hex'))
    expect.equal(decodeKnownPeer(PEER, written), {
      ...KNOWN_PEER, multiaddrs: ['/ip4/10.0.0.4/tcp/9080'], http: '', incarnation: 0, left: false, signature: new Uint8Array(0)
    })
  })

  test('of a replica come back', () => {
    expect.equal(decodeReplicaState(P3, encodeReplicaState(P3, REPLICA_STATE)), REPLICA_STATE)
    const position = { index: toLogIndex(12), term: toTerm(4) }
    const start = { ...position, configuration: { index: toLogIndex(7), voters: [toMemberId(3), toMemberId(1)], learners: [toMemberId(9)] } }
    expect.equal(decodeLogStart(P3, encodeLogStart(P3, start)), start)
    expect.equal(decodeLogStart(P3, sealRecord(logStartKey(P3), Buffer.from('080c1004', 'hex'))), { ...position, configuration: undefined }, 'of a version before')
    expect.equal(decodeInstalling(P3, encodeInstalling(P3, position)), position)
    expect.is(decodeRetired(P3, encodeRetired(P3, toLogIndex(12))), 12)
  })

  test('are bound to their partition and peer', () => {
    expect.throws(() => decodeReplicaState(toPartitionId(4), encodeReplicaState(P3, REPLICA_STATE)), isDecodeError(/^replica-state \(partition 4\): the checksum/))
    expect.throws(() => decodeKnownPeer(OTHER_PEER, encodeKnownPeer(PEER, KNOWN_PEER)), isDecodeError(/^peer/))
    expect.throws(() => decodeInstalling(P3, encodeLogStart(P3, { index: toLogIndex(1), term: toTerm(1), configuration: undefined })), isDecodeError(/^installing/))
  })

  test('skip fields of newer versions', () => {
    const record = sealRecord(batchKey(), Buffer.from('08051a0161', 'hex'))
    expect.is(decodeBatchNumber(record), 5)
  })

  test('with a right checksum and a wrong shape are refused by name', () => {
    const node = (hex: string): Buffer => sealRecord(nodeKey(), Buffer.from(hex, 'hex'))
    expect.throws(() => decodeNodeRecord(node('')), isDecodeError(/^node: name is missing/))
    expect.throws(() => decodeNodeRecord(node('0a022f2e')), isDecodeError(/^node: not a node name/))
    expect.throws(() => decodeNodeRecord(node('0a05')), isDecodeError(/^node: length 5 beyond/))
    expect.throws(() => decodeNodeRecord(node('3000')), isDecodeError(/^node: member id out of range/))
    expect.throws(() => decodeNodeRecord(node('120131')), isDecodeError(/^node: not a peer id/))
    expect.throws(() => decodeNodeRecord(node('2a0131')), isDecodeError(/^node: not a cluster id/))
    expect.throws(() => decodeReplicaState(P3, sealRecord(replicaStateKey(P3), Buffer.from('0801', 'hex'))), isDecodeError(/partition 3\): applied term is missing/))
  })

  test('of any bytes decode or are refused, and nothing else happens', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
      for (const decode of [
        () => decodeNodeRecord(sealRecord(nodeKey(), payload)),
        () => decodeReplicaState(P3, sealRecord(replicaStateKey(P3), payload)),
        () => decodeValueRecord(KEY, sealRecord(KEY, payload))
      ]) {
        try { decode() } catch (error) { if (!(error instanceof DecodeError)) throw error }
      }
    }), { numRuns: 2000 })
  })
})
