import { expect, suite } from '../harness.js'
import { runChaos } from './chaos.js'

const SEEDS = 150

suite('replication under chaos', ({ test }) => {
  test(`keeps its promises in ${SEEDS} seeds of drawn clusters and faults`, () => {
    let committed = 0
    let snapshots = 0
    let reads = 0
    let changes = 0
    let stranded = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = runChaos(seed)
      committed += result.committed
      snapshots += result.snapshots
      reads += result.reads
      changes += result.changes
      if (result.isStranded) stranded++
    }
    expect.ok(stranded <= SEEDS / 50, `${stranded} groups wait for who is without state`)
    expect.ok(committed > SEEDS * 20 && reads > SEEDS * 20 && snapshots > SEEDS / 10 && changes > SEEDS, `too little happened: ${committed} entries, ${reads} reads, ${snapshots} snapshots, ${changes} changes`)
  })
})
