import { isKept, quantile, row } from '../../sim/membership/metrics.js'
import { runMembershipCommand } from '../../sim/membership/index.js'
import { LossyLinks } from '../../sim/membership/links.js'
import { modeOf } from '../../sim/membership/modes.js'
import type { MemberNode } from '../../sim/membership/node.js'
import { quietWorld } from '../../sim/membership/workload.js'
import { runJoins } from '../../sim/membership/workloads/w7.js'
import { w12 } from '../../sim/membership/workloads/w12.js'
import type { MembershipWorld } from '../../sim/membership/world.js'
import { suite, expect } from '../harness.js'

const swim = modeOf('swim')

/** What is sent from here on, as `from>to kind sequence`, with the time in ms. */
function traffic (world: MembershipWorld): Array<{ readonly atMs: number, readonly line: string, readonly from: number }> {
  const sent: Array<{ atMs: number, line: string, from: number }> = []
  world.onSend = (from, to, message, atUs) => {
    const sequence = 'sequence' in message ? ` ${message.sequence}` : ''
    sent.push({ atMs: atUs / 1000, line: `${from.index}>${to.index} ${message.kind}${sequence}`, from: from.index })
  }
  return sent
}

const nodeAt = (world: MembershipWorld, index: number): MemberNode => {
  const node = world.nodes[index]
  if (node === undefined) throw new Error(`no member ${index}`)
  return node
}

suite('sim: membership anomalies', ({ test }) => {
  test('a blocked member sends nothing, and its probe loop stops at its first probe', () => {
    const world = quietWorld({ seed: 'blocked', size: 3, mode: swim })
    const blocked = nodeAt(world, 0)
    const sent = traffic(world)
    world.block(blocked)
    world.runFor(9000)
    expect.equal(sent.filter(({ from }) => from === 0), [])
    const outgoing = blocked.anomaly?.outgoing ?? []
    expect.is(outgoing.filter(({ message }) => message.kind === 'ping').length, 1, 'one probe waits, not nine')
    expect.ok(blocked.anomaly?.isStalled)
  })

  test('on release what was held goes out first, then what arrived is answered in the order it came', () => {
    const world = quietWorld({ seed: 'released', size: 4, mode: swim })
    const blocked = nodeAt(world, 0)
    world.block(blocked)
    const before = traffic(world)
    world.runFor(3500)
    const asked = before.filter(({ line }) => line.includes('>0 ping ')).map(({ line }) => line.replace(/^(\d)>0 ping/, '0>$1 ack'))
    expect.ok(asked.length >= 2, `only ${asked.length} probes in 3.5 s`)
    const sent = traffic(world)
    world.release(blocked)
    const released = sent.filter(({ from }) => from === 0).map(({ line }) => line)
    expect.match(released[0] ?? '', /^0>\d ping /)
    expect.equal(released.filter((line) => asked.includes(line)), asked)
    expect.ok(sent.every(({ atMs }) => atMs === world.nowUs / 1000), 'all of it at once')
  })

  test('a trial goes on while its judge is blocked, unless the judge notices that it did not run', () => {
    for (const [name, kinds] of [['swim', ['suspected', 'died']], ['gokeydb', ['suspected']]] as const) {
      const world = quietWorld({ seed: 'judge', size: 2, mode: modeOf(name) })
      const [judge, gone] = [nodeAt(world, 0), nodeAt(world, 1)]
      const noted: string[] = []
      world.onEvent = (_observer, _subject, { kind }) => { noted.push(kind) }
      world.crash(gone, 'silent')
      expect.ok(world.runUntil(() => noted.length > 0, 5000, 1))
      world.block(judge)
      world.runFor(20_000)
      expect.equal(noted, ['suspected'])
      world.release(judge)
      expect.equal(noted, kinds, name)
    }
  })

  test('a member that was blocked shorter than a probe takes is suspected by nobody', () => {
    const world = quietWorld({ seed: 'short', size: 16, mode: swim })
    const noted: string[] = []
    world.onEvent = (_observer, _subject, { kind }) => { noted.push(kind) }
    for (let i = 0; i < 40; i++) {
      world.block(nodeAt(world, 3))
      world.runFor(400)
      world.release(nodeAt(world, 3))
      world.runFor(300)
    }
    expect.equal(noted, [])
  })

  test('without buddies a doubted member is told only by gossip', () => {
    const told = (name: 'swim' | 'buddy'): number => {
      const world = quietWorld({ seed: 'buddies', size: 8, mode: modeOf(name) })
      world.block(nodeAt(world, 0))
      let count = 0
      world.runFor(4000) // the doubt is news no more
      world.onSend = (_from, to, message) => {
        if (to.index === 0 && 'updates' in message && message.updates.some(({ peer, health }) => peer === to.peer && health === 'suspect')) count++
      }
      world.runFor(2000)
      return count
    }
    expect.is(told('swim'), 0)
    expect.ok(told('buddy') >= 4, 'each probe tells it')
  })
})

suite('sim: membership streams', ({ test }) => {
  test('what is sent behind a lost message waits for it', () => {
    const lossUntilUs = 15_350_000
    const links = new LossyLinks('order', (from, to, atUs) => from === 0 && to === 1 && atUs > 15_000_000 && atUs < lossUntilUs ? 1000 : 0)
    const world = quietWorld({ seed: 'order', size: 2, mode: swim, links })
    const [from, to] = [nodeAt(world, 0), nodeAt(world, 1)]
    world.runFor(10)
    world.act(from, (core) => { core.updateSelf({ http: 'http://10.0.0.1:1' }, world.nowMs) }) // gossip: lost at first
    world.runFor(390)
    world.act(from, (core) => { core.updateSelf({ http: 'http://10.0.0.1:2' }, world.nowMs) }) // not lost, but behind
    const heard = (): string | undefined => to.running.get(from.peer)?.record.http
    world.runFor(150)
    expect.is(heard(), 'http://10.0.0.1:8080'.replace('10.0.0.1', '10.0.0.0'), 'the first is sent again at 610 ms')
    world.runFor(300)
    expect.is(heard(), 'http://10.0.0.1:2')
  })

  test('a stream that carries nothing for 15 s is reset, and both sides hear of it', () => {
    const links = new LossyLinks('reset', (from, to, atUs) => from === 0 && to === 1 && atUs > 15_000_000 ? 1000 : 0)
    const world = quietWorld({ seed: 'reset', size: 3, mode: swim, links })
    const [from, to] = [nodeAt(world, 0), nodeAt(world, 1)]
    world.runFor(14_000)
    expect.ok(from.sessions[1] !== 0 && to.sessions[0] !== 0)
    world.runFor(4000)
    expect.is(from.sessions[1], 0)
    expect.is(to.sessions[0], 0)
  })

  test('W7, small: 17 members join while a tenth of all sends is late or resets its stream, and all are seen by all', () => {
    for (const resets of [false, true]) {
      const { sizeMin, deaths } = runJoins('small', modeOf('gokeydb'), resets)
      expect.is(sizeMin, 17, `resets ${resets}`)
      expect.is(deaths, 0, `resets ${resets}`)
    }
  })

  test('W12: one black hole among 32 members costs nobody its place', () => {
    const { rows } = w12.run({ seed: 'hole' })
    expect.equal(rows.map(({ isKept }) => isKept), [true])
  })
})

suite('sim: membership figures', ({ test }) => {
  test('quantiles are nearest ranks', () => {
    const values = Array.from({ length: 200 }, (_, i) => 200 - i)
    expect.equal([0.5, 0.99, 1].map((share) => quantile(values, share)), [100, 198, 200])
    expect.ok(Number.isNaN(quantile([], 0.5)))
  })

  test('a figure is kept within its tolerance, at most, or exactly; none is kept that could not be taken', () => {
    expect.equal([12.06, 12.07, 12.81, 12.82].map((value) => isKept({ kind: 'within', value: 12.44, tolerance: 0.03 }, value)), [false, true, true, false])
    expect.equal([41, 41.1].map((value) => isKept({ kind: 'at most', value: 41 }, value)), [true, false])
    expect.equal([0, 1].map((value) => isKept({ kind: 'exactly', value: 0 }, value)), [true, false])
    expect.is(isKept({ kind: 'nothing' }, 1), undefined)
    expect.is(row({ metric: 'x', value: NaN, owed: { kind: 'at most', value: 1 } }).isKept, false)
  })

  test('the command prints a table that follows from the seed, and refuses what it does not know', () => {
    const run = (...args: string[]): { readonly code: number, readonly text: string, readonly log: string } => {
      let text = ''
      let log = ''
      const code = runMembershipCommand(args, { out: (piece) => { text += piece }, log: (piece) => { log += piece } })
      return { code, text, log }
    }
    const first = run('--workload', 'w4', '--seed', '7')
    expect.is(first.code, 0)
    expect.match(first.text, /^W4 load.*\n {2}metric +published +owed +measured\n {2}N = 8: .* ok\n/)
    expect.match(first.log, /virtual seconds per second/)
    expect.is(run('--workload=W4', '--seed=7').text, first.text)
    expect.is.not(run('--workload=W4', '--seed=8').text, first.text)
    expect.match(run('--workload', 'W4', '--markdown').text, /^\| workload \| metric .*\n\| --- .*\n\| W4 \| N = 8: /)
    for (const wrong of [['--workload', 'W13'], ['--mode', 'raft'], ['--seeds', '0'], ['--speed'], ['--seed']]) {
      const { code, text, log } = run(...wrong)
      expect.is(code, 2, wrong.join(' '))
      expect.is(text, '')
      expect.match(log, /usage: /)
    }
  })
})
