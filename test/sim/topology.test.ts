import { bridge, chain, isolate, ring, split, star } from '../../sim/network/topology.js'
import type { DirectedCut } from '../../sim/network/topology.js'
import { expect, suite } from '../harness.js'

const FIVE = ['1', '2', '3', '4', '5']
/** Who sees whom, for each address, itself left out; one-way links count for who sends. */
function sees (addresses: readonly string[], cuts: readonly DirectedCut[]): string[] {
  expect.is(new Set(cuts.map(String)).size, cuts.length, 'no cut is named twice')
  const isCut = new Set(cuts.map(([from, to]) => `${from}>${to}`))
  return addresses.map((from) => addresses.filter((to) => to !== from && !isCut.has(`${from}>${to}`)).join(''))
}

suite('cuts by their shape', ({ test }) => {
  test('groups do not see each other; who is in none sees all', () => {
    expect.equal(sees(FIVE, split([['1', '2'], ['3', '4']])), ['25', '15', '45', '35', '1234'])
    expect.equal(sees(FIVE, split([['1'], ['2', '3'], ['4', '5']])), ['', '3', '2', '5', '4'])
    expect.equal(split([['1'], ['1']]), [], 'nobody is cut off from itself')
  })

  test('one is isolated both ways, or only hears nothing, or only is not heard', () => {
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'both')), ['245', '145', '', '125', '124'])
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'in')), ['245', '145', '1245', '125', '124'])
    expect.equal(sees(FIVE, isolate(FIVE, '3', 'out')), ['2345', '1345', '', '1235', '1234'])
  })

  test('a bridge sees both halves', () => {
    expect.equal(sees(FIVE, bridge(FIVE, '3')), ['23', '13', '1245', '35', '34'])
    expect.equal(sees(['1', '2', '3'], bridge(['1', '2', '3'], '2')), ['2', '13', '2'])
  })

  test('in a ring everybody sees a majority, each another', () => {
    expect.equal(sees(FIVE, ring(FIVE)), ['25', '13', '24', '35', '14'])
    for (let size = 2; size <= 9; size++) {
      const addresses = FIVE.concat('6', '7', '8', '9').slice(0, size)
      for (const seen of sees(addresses, ring(addresses))) expect.ok((seen.length + 1) * 2 > size, `${size}: ${seen}`)
    }
  })

  test('a chain has neighbours only, a star its centre only', () => {
    expect.equal(sees(FIVE, chain(FIVE)), ['2', '13', '24', '35', '4'])
    expect.equal(sees(FIVE, star(FIVE, '2')), ['2', '1345', '2', '2', '2'])
  })
})
