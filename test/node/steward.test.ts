import { SYSTEM_PARTITION, silentLogger, toLogIndex, toMemberId, toPartitionId, toTerm } from '../../src/base/index.js'
import type { NodeName, PeerId } from '../../src/base/index.js'
import { applyMapCommand, foundMap } from '../../src/coordinator/index.js'
import { Steward } from '../../src/node/steward.js'
import type { ClusterMap, MapCommand } from '../../protocols/cluster/index.js'
import { clusterIdOf, nodeName, peerOf } from '../coordinator/harness.js'
import { expect, suite } from '../harness.js'

const REPLACE_AFTER_MS = 10_000

/** A coordinator's steward of so many members, partitions and copies; groups follow their wishes when `report` is called. */
class Table {
  map: ClusterMap
  isCoordinator = true
  readonly gone = new Map<number, number>()
  readonly steward: Steward
  #proposed: MapCommand[] = []
  #index = 1

  constructor (members: number, partitions: number, { placed = false } = {}) {
    const numbers = Array.from({ length: members }, (_, i) => i + 1)
    this.map = foundMap({
      clusterId: clusterIdOf(1), clusterName: 'test', names: numbers.map(nodeName), bound: new Map(numbers.map((number): [NodeName, PeerId] => [nodeName(number), peerOf(number)])),
      partitionCount: partitions, replicaSets: placed ? Array.from({ length: partitions }, () => [0]) : undefined, replicaCount: 3
    })
    this.steward = new Steward({
      log: silentLogger, replaceAfterMs: REPLACE_AFTER_MS,
      coordinatorMap: () => this.isCoordinator ? this.map : undefined,
      goneSinceMs: (member) => this.gone.get(member),
      propose: (command) => { this.#proposed.push(command); return true }
    })
  }

  /** What it wishes at a time; the map takes it. */
  wishes (nowMs: number): MapCommand[] {
    this.steward.tick(nowMs)
    const wishes = this.#proposed
    this.#proposed = []
    for (const command of wishes) this.map = applyMapCommand(this.map, command).map
    return wishes
  }

  /** Every master says that its replicas are where they are wished, but those of some partitions. */
  report (except: readonly number[] = []): void {
    const groups = [...this.map.partitions.map(({ replicas }, number) => ({ partition: toPartitionId(number), voters: replicas })), { partition: SYSTEM_PARTITION, voters: this.map.systemVoters }]
    this.steward.report(groups.filter(({ partition }) => !except.includes(partition)).map((group) => ({ ...group, term: toTerm(1), index: toLogIndex(this.#index++), learners: [] })))
  }

  /** Until nothing is wished any more. */
  settle (fromMs: number): number {
    let nowMs = fromMs
    for (;; nowMs += 500) {
      this.report()
      const count = this.wishes(nowMs).filter((command) => command.kind === 'place' && command.partition !== SYSTEM_PARTITION).length
      expect.ok(count <= 8, `${count} partitions at once`)
      if (count === 0) return nowMs + 500
    }
  }

  get load (): number[] {
    return this.map.members.map(({ id }) => this.map.partitions.filter(({ replicas }) => replicas.includes(id)).length)
  }
}

const leave = (table: Table, member: number): void => { table.map = applyMapCommand(table.map, { kind: 'leave', member: toMemberId(member) }).map }

suite('the coordinator\'s steward', ({ test }) => {
  test('gives every partition its copies, evenly, a few at a time', () => {
    const table = new Table(4, 16)
    table.report()
    const first = table.wishes(0).filter(({ kind }) => kind === 'place')
    expect.ok(first.length > 0 && first.length <= 8, `${first.length} at once`)
    expect.equal(table.wishes(500), []) // none has reported that it is there
    table.settle(1000)
    expect.equal(table.load, [12, 12, 12, 12])
    const masters = new Table(3, 32)
    const nowMs = masters.settle(0)
    for (const [number, { replicas }] of masters.map.partitions.entries()) {
      masters.map = applyMapCommand(masters.map, { kind: 'place', partition: toPartitionId(number), from: replicas, to: [1, 2, 3].map(toMemberId) }).map
    }
    masters.settle(nowMs) // first places alone
    const firsts = masters.map.members.map(({ id }) => masters.map.partitions.filter(({ replicas }) => replicas[0] === id).length)
    expect.equal(firsts.sort((a, b) => a - b), [10, 11, 11])
  })

  test('wishes nothing of groups that nobody reported on, where it does not coordinate, and where the file places copies', () => {
    expect.equal(new Table(4, 16).wishes(0), [])
    const other = new Table(4, 16)
    other.report()
    other.isCoordinator = false
    expect.equal(other.wishes(0), [])
    expect.is(other.steward.nextDeadlineMs, Infinity)
    const placed = new Table(4, 16, { placed: true })
    placed.report()
    expect.equal(placed.wishes(0), [])
  })

  test('replaces who is gone for long, counted from when it became coordinator, and evens nothing out before', () => {
    const table = new Table(5, 4)
    table.settle(0)
    table.isCoordinator = false
    table.wishes(50_000)
    table.isCoordinator = true
    table.gone.set(2, 20_000)
    const held = table.load[1] as number
    expect.ok(held > 0)
    table.map = applyMapCommand(table.map, { kind: 'admit', name: nodeName(6), peer: peerOf(6) }).map // it would take a share
    for (let nowMs = 60_000; nowMs < 60_000 + REPLACE_AFTER_MS; nowMs += 500) expect.equal(table.wishes(nowMs), [])
    table.settle(60_000 + REPLACE_AFTER_MS)
    expect.is(table.load[1], 0)
    expect.ok(table.map.partitions.every(({ replicas }) => replicas.length === 3))
    expect.not(table.map.systemVoters.includes(toMemberId(2)) && table.map.systemVoters.length < 3)
  })

  test('copies stay on who is gone where there is nobody else to hold them', () => {
    const table = new Table(3, 4)
    let nowMs = table.settle(0)
    table.gone.set(2, nowMs)
    for (const endMs = nowMs + 5 * REPLACE_AFTER_MS; nowMs < endMs; nowMs += 500) expect.equal(table.wishes(nowMs), [])
    expect.equal(table.load, [4, 4, 4])
  })

  test('removes who leaves when every master says that it is without it, not when the map does', () => {
    const table = new Table(4, 4)
    let nowMs = table.settle(0)
    leave(table, 1)
    for (let i = 0; i < 20 && table.load[0] as number > 0; i++, nowMs += 500) {
      expect.not(table.wishes(nowMs).some(({ kind }) => kind === 'remove'))
      table.report([2]) // the master of partition 2 is silent
    }
    for (let i = 0; i < 10; i++, nowMs += 500) {
      table.report([2])
      expect.not(table.wishes(nowMs).some(({ kind }) => kind === 'remove'))
    }
    nowMs = table.settle(nowMs)
    expect.equal(table.map.members.map(({ id }) => id), [2, 3, 4])
    expect.ok(table.map.partitions.every(({ replicas }) => replicas.length === 3))
  })

  test('an older report does not undo a newer one', () => {
    const table = new Table(3, 1)
    table.report()
    const report = (index: number, voters: number[]): void => {
      table.steward.report([{ partition: toPartitionId(0), term: toTerm(2), index: toLogIndex(index), voters: voters.map(toMemberId), learners: [] }])
    }
    report(9, [1, 2])
    report(5, [1])
    expect.equal(table.wishes(0).filter(({ kind, ...rest }) => kind === 'place' && 'partition' in rest && rest.partition !== SYSTEM_PARTITION), [])
  })

  test('a member may not leave where too few would be there to hold the copies', () => {
    const table = new Table(4, 4)
    expect.is(table.steward.leaveProblem(table.map, toMemberId(1)), undefined)
    table.gone.set(3, 0)
    expect.is(table.steward.leaveProblem(table.map, toMemberId(1)), 'without node1 there are 2 members to hold 3 replicas of every partition, since node3 cannot be reached')
    expect.is(table.steward.leaveProblem(table.map, toMemberId(3)), undefined)
  })
})
