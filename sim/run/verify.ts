import { SYSTEM_PARTITION } from '../../src/base/index.js'
import type { KvAnswer } from '../../src/node/index.js'
import { bucketOf, partitionOf } from '../../src/placement/index.js'
import { checkByKey } from '../linearizability/index.js'
import type { Observer } from '../observe/index.js'
import type { Scenario } from '../scenario/scenario.js'
import type { World } from '../world/world.js'
import { lag } from './checks.js'
import type { Clients } from './clients.js'
import { findReunionProblem } from './reunion.js'

/** Per key: the verdict, and the numbers of the operations in an order that explains them, as far as one was found. */
export type Linearizations = ReadonlyMap<string, { readonly verdict: 'ok' | 'illegal' | 'unknown', readonly order: readonly number[] }>

export interface VerifyContext {
  readonly world: World
  readonly scenario: Scenario
  readonly clients: Clients
  readonly observer: Observer
  /** Nodes that need not be there any more. */
  readonly lost: ReadonlySet<string>
  readonly masterChanges: number
  violate (invariant: string, text: string, node?: string): void
}

/** Progress is owed within so many election timeouts. */
const LIVENESS_ELECTIONS = 10
/** Tries to read a key after healing. */
const READ_ATTEMPTS_MAX = 10
/** Virtual ms for replicas to catch up, snapshots included. */
const CATCH_UP_MS = 60_000
/** Beside the elections: the time in which even a cut connection is found to be gone and dialled again, ms. */
const RECONNECT_MS = 15_000

/** What must hold once everything has healed: progress, every key readable, everybody believed alive, every history linearizable, replicas equal. */
export async function verify (context: VerifyContext): Promise<Linearizations> {
  const { world, scenario, clients, lost } = context
  const { expect } = scenario
  if (expect.heals) {
    await progress(context)
    if (!await world.until(() => clients.waitingCount === 0, 60_000)) context.violate('liveness', `${clients.waitingCount} requests were never answered`)
    await readAll(context)
    const doubt = await findReunionProblem(context)
    if (doubt !== undefined) context.violate('membership', doubt)
    for (const partition of [...Array.from({ length: scenario.partitions }).keys(), SYSTEM_PARTITION]) {
      if (!await settles(world, () => lag(world, partition, lost) === undefined, CATCH_UP_MS)) {
        context.violate('replicas-equal', `after healing: ${lag(world, partition, lost)}`)
      }
    }
    const compared = world.running().filter((node) => !lost.has(node.name)).map((node) => node.name)
    // What is applied reaches the disks; a mastership that returns meanwhile adds an entry.
    await settles(world, () => context.observer.areEqual(compared), CATCH_UP_MS)
    context.observer.atEnd(compared, world.events.nowUs)
  }
  if (clients.history.acknowledgedCount < expect.acknowledgedMin) {
    context.violate('expectation', `${clients.history.acknowledgedCount} writes were acknowledged; at least ${expect.acknowledgedMin} should be`)
  }
  if (expect.masterChangesMax !== undefined && context.masterChanges > expect.masterChangesMax) {
    context.violate('expectation', `mastership changed ${context.masterChanges} times; at most ${expect.masterChangesMax} are expected`)
  }
  return linearizable(context)
}

/** A write to every partition through every running node is acknowledged within ten election timeouts. */
async function progress ({ world, scenario, clients, lost, violate }: VerifyContext): Promise<void> {
  const limitMs = LIVENESS_ELECTIONS * (scenario.tuning.electionTimeoutMsMax ?? 2000) + RECONNECT_MS
  const isUp = (): boolean => [...world.nodes.values()].every((node) => lost.has(node.name) || node.driver !== undefined)
  if (!await settles(world, isUp, limitMs)) violate('liveness', `after healing, ${[...world.nodes.values()].filter((node) => node.driver === undefined && !lost.has(node.name)).map((node) => `${node.name} does not run (${node.fatal ?? 'never started'})`).join(', ')}`)
  const startUs = world.events.nowUs
  for (const node of world.running()) {
    for (let partition = 0; partition < scenario.partitions; partition++) {
      const key = keyIn(partition, scenario.partitions, node.name)
      for (let attempt = 0; ; attempt++) {
        let answer: KvAnswer | undefined | 'open' = 'open'
        const leftUs = startUs + limitMs * 1000 - world.events.nowUs
        if (leftUs <= 0) {
          violate('liveness', `after healing, a write through ${node.name} was not acknowledged within ${limitMs / 1000} s`, node.name)
          return
        }
        clients.send(node, { kind: 'set', key, value: `probe-${attempt}`, through: node.name, timeoutUs: Math.min(leftUs, 5_000_000), consistency: 'linearizable' }, (result) => { answer = result })
        await world.until(() => answer !== 'open', 60_000)
        if (isDone(answer)) break
        await world.run(20)
      }
    }
  }
}

/** Some key of a partition, another one for each node. */
function keyIn (partition: number, partitions: number, name: string): string {
  for (let i = 0; ; i++) {
    const key = `probe-${name}-${i}`
    if (partitionOf(bucketOf(Buffer.from(key)), partitions) === partition) return key
  }
}

const isDone = (answer: KvAnswer | undefined | 'open'): boolean => typeof answer === 'object' && answer.kind === 'set'

/** A last read of every key that was ever used: every acknowledged write must still be there. */
async function readAll ({ world, clients, violate }: VerifyContext): Promise<void> {
  for (const [i, key] of [...clients.history.byKey().keys()].entries()) {
    for (let attempt = 0; ; attempt++) {
      const running = world.running()
      const node = running[(i + attempt) % running.length] // one may be stopping still: the next attempt asks another
      let answer: KvAnswer | undefined | 'open' = 'open'
      if (node === undefined) answer = undefined
      else clients.send(node, { kind: 'get', key, value: undefined, through: node.name, timeoutUs: 10_000_000, consistency: 'linearizable' }, (result) => { answer = result })
      await world.until(() => answer !== 'open', 60_000)
      const got = answer as KvAnswer | undefined | 'open'
      if (typeof got === 'object' && got.kind !== 'failed') break
      if (attempt === READ_ATTEMPTS_MAX) {
        violate('liveness', `after healing, ${key} cannot be read${node === undefined ? '' : ` through ${node.name}`}: ${JSON.stringify(got)}`, node?.name)
        break
      }
      await world.run(200)
    }
  }
}

async function settles (world: World, condition: () => boolean, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 100) {
    if (condition()) return true
    await world.run(100)
  }
  return condition()
}

function linearizable ({ clients, violate }: VerifyContext): Linearizations {
  const histories = clients.history.byKey()
  const result = checkByKey(histories)
  const linearizations = new Map<string, { verdict: 'ok' | 'illegal' | 'unknown', order: readonly number[] }>()
  for (const [key, { verdict, order, offender }] of result.perKey) {
    const history = histories.get(key) ?? []
    linearizations.set(key, { verdict, order: order.map((position) => history[position]?.number ?? -1) })
    if (verdict === 'ok') continue
    const number = offender === undefined ? undefined : history[offender]?.number
    const blocked = number === undefined ? '' : `: no order explains ${clients.history.text(number)}`
    violate('linearizability', `the history of ${key} is ${verdict === 'illegal' ? 'not linearizable' : 'too hard to decide'} (${history.length} operations)${blocked}`)
  }
  return linearizations
}
