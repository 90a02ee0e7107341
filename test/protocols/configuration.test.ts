import fc from 'fast-check'
import { DecodeError, toMemberId } from '../../src/base/index.js'
import { decodeConfiguration, encodeConfiguration, findConfigurationProblem } from '../../protocols/replication/index.js'
import { expect, suite } from '../harness.js'
import { configuration } from './arbitraries.js'

const members = (...numbers: number[]) => numbers.map(toMemberId)
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')

suite('the payload of a configuration entry', ({ test }) => {
  test('comes back as the sets that went in, each ascending', () => {
    const sorted = (some: readonly number[]): number[] => [...some].sort((a, b) => a - b)
    fc.assert(fc.property(configuration, ({ voters, learners }) => {
      expect.equal(decodeConfiguration(encodeConfiguration({ voters, learners })), { voters: sorted(voters), learners: sorted(learners) })
    }), { numRuns: 200 })
  })

  test('has these bytes, whatever the order of the members', () => {
    expect.is(encodeConfiguration({ voters: members(300, 1, 2), learners: members(7) }).toString('hex'), '0a040102ac02120107')
    expect.is(encodeConfiguration({ voters: members(2, 300, 1), learners: members(7) }).toString('hex'), '0a040102ac02120107')
    expect.is(encodeConfiguration({ voters: members(1), learners: [] }).toString('hex'), '0a0101')
    expect.equal(decodeConfiguration(hex('0a0101 1a03ffffff')), { voters: members(1), learners: [] }, 'unknown fields are skipped')
  })

  test('of what no configuration can be is refused', () => {
    const fourteen = '0a0e0102030405060708090a0b0c0d0e'
    expect.is(decodeConfiguration(hex(fourteen)).voters.length, 14)
    for (const [what, bytes] of Object.entries({
      'nothing at all': '',
      'nobody votes': '0a00',
      'only learners': '120101',
      'member 0': '0a0100',
      'a member above 2^32 - 1': '0a058080808010',
      'a voter twice': '0a020101',
      'descending voters': '0a020201',
      'a learner that votes': '0a0101120101',
      'fifteen voters': '0a0f0102030405060708090a0b0c0d0e0f',
      'eight learners': '0a0101 12080203040506070809',
      'voters in two fields': '0a0101 0a0102',
      'a field that is longer than the payload': '0a7f01',
      'a number that does not end': '0a0180',
      'a number of eleven bytes': `0a0b${'ff'.repeat(10)}01`,
      'voters that are no bytes': '0801',
      'a tag of field 0': '0001'
    })) {
      let refusal: unknown
      try {
        decodeConfiguration(hex(bytes))
      } catch (error) {
        refusal = error
      }
      expect.ok(refusal instanceof DecodeError, `${what}: ${String(refusal)}`)
    }
  })

  test('of random bytes is read or refused, and nothing else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        expect.is(findConfigurationProblem(decodeConfiguration(bytes)), undefined)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
      }
    }), { numRuns: 2000 })
  })

  test('is never written of what others would refuse', () => {
    expect.throws(() => encodeConfiguration({ voters: [], learners: [] }), /0 voters/)
    expect.throws(() => encodeConfiguration({ voters: members(1), learners: members(1) }), /member 1 twice/)
    expect.throws(() => encodeConfiguration({ voters: Array.from({ length: 15 }, (_, at) => toMemberId(at + 1)), learners: [] }), /15 voters/)
  })
})
