import { assert } from '../../src/base/index.js'

/** Nothing gets from the first address to the second. */
export type DirectedCut = readonly [from: string, to: string]

/** No link between different groups; an address in none of them keeps all of its links. */
export function split (groups: readonly (readonly string[])[]): DirectedCut[] {
  const cuts: DirectedCut[] = []
  groups.forEach((group, i) => {
    for (const other of groups.slice(i + 1)) {
      for (const a of group) for (const b of other) if (a !== b) cuts.push([a, b], [b, a])
    }
  })
  return cuts
}

/** One address is cut off from all others: both ways, or only what comes in, or only what goes out. */
export function isolate (addresses: readonly string[], alone: string, direction: 'both' | 'in' | 'out'): DirectedCut[] {
  const cuts: DirectedCut[] = []
  for (const other of addresses) {
    if (other === alone) continue
    if (direction !== 'in') cuts.push([alone, other])
    if (direction !== 'out') cuts.push([other, alone])
  }
  return cuts
}

/** Two halves that do not see each other; `between` sees both. The first half is the smaller one. */
export function bridge (addresses: readonly string[], between: string): DirectedCut[] {
  const others = addresses.filter((address) => address !== between)
  const half = others.length >> 1
  return split([others.slice(0, half), others.slice(half)])
}

/** Everybody sees itself and the nearest others round a circle, as many as make a majority: each another one (Jepsen's majorities ring). */
export function ring (addresses: readonly string[]): DirectedCut[] {
  const count = addresses.length
  // A majority is the node itself and `reach` on each side.
  const reach = Math.ceil((count >> 1) / 2)
  return keepOnly(addresses, (i, j) => {
    const distance = Math.abs(i - j)
    return Math.min(distance, count - distance) <= reach
  })
}

/** Everybody sees only its neighbours in a line. */
export function chain (addresses: readonly string[]): DirectedCut[] {
  return keepOnly(addresses, (i, j) => Math.abs(i - j) === 1)
}

/** Everybody sees only `centre`: the quorum-loss star (Omni-Paxos, EuroSys 2023, section 2). */
export function star (addresses: readonly string[], centre: string): DirectedCut[] {
  assert(addresses.includes(centre), 'the centre of a star is one of the addresses')
  return keepOnly(addresses, (i, j) => addresses[i] === centre || addresses[j] === centre)
}

/** Cuts, both ways, all links but those that `isKept`; it is asked for the places of both ends. */
function keepOnly (addresses: readonly string[], isKept: (i: number, j: number) => boolean): DirectedCut[] {
  const cuts: DirectedCut[] = []
  addresses.forEach((a, i) => {
    addresses.forEach((b, j) => { if (i < j && !isKept(i, j)) cuts.push([a, b], [b, a]) })
  })
  return cuts
}
