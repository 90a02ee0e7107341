import { Prng } from '../../../src/base/index.js'
import { exponential } from '../../kernel/chance.js'
import { row } from '../metrics.js'
import { modeOf } from '../modes.js'
import type { MemberNode } from '../node.js'
import { drawMembers, quietWorld } from '../workload.js'
import type { Workload } from '../workload.js'
import type { MembershipWorld } from '../world.js'

const SIZE = 100
const SLOW = [1, 2, 4, 8, 16, 32]
const DURATION_MS = 300_000
/** Means of the gate of a slow member, ms: it runs, it blocks. */
const ON_MS = 200
const OFF_MS = 800
/** Slow members up to which no false alarm is owed. */
const SLOW_OWED_MAX = 16

/** Lets a member block and run at random until the world is no longer run. */
function slowDown (world: MembershipWorld, node: MemberNode, random: Prng): void {
  const run = (): void => {
    world.release(node)
    world.after(1 + exponential(ON_MS, random.uint32()), block)
  }
  const block = (): void => {
    world.block(node)
    world.after(1 + exponential(OFF_MS, random.uint32()), run)
  }
  world.after(exponential(ON_MS, random.uint32()), block)
}

/** A stand-in for Lifeguard's CPU stress, which has no exact model. */
export const w3: Workload = {
  id: 'W3',
  title: 'slow members: S of 100 run 200 ms and block 800 ms, on average, for 5 minutes',
  run: (request) => {
    const mode = modeOf(request.mode ?? 'gokeydb', request)
    let virtualS = 0
    const rows = SLOW.map((slow) => {
      let total = 0
      let atHealthy = 0
      for (let i = 0; i < (request.seeds ?? 1); i++) {
        const seed = `${request.seed} W3 ${slow} ${i}`
        const world = quietWorld({ seed, size: SIZE, mode })
        const members = new Set(drawMembers(world, slow, seed))
        world.onEvent = (observer, subject, { kind }) => {
          if (kind !== 'died' || members.has(subject)) return
          total++
          if (!members.has(observer)) atHealthy++
        }
        for (const node of members) slowDown(world, node, new Prng(`${seed} gate ${node.index}`))
        world.runFor(DURATION_MS)
        virtualS += world.nowMs / 1000
      }
      return row({ metric: `${mode.name}: S = ${slow}: healthy members held dead`, decimals: 0, value: total, owed: slow <= SLOW_OWED_MAX ? { kind: 'at most', value: 0 } : { kind: 'nothing' }, note: `${atHealthy} of them at healthy members` })
    })
    return { rows, virtualS }
  }
}
