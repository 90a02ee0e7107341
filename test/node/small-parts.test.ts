import { Prng } from '../../src/base/index.js'
import { Deadlines, SequenceWindow } from '../../src/node/index.js'
import { expect, suite } from '../harness.js'

suite('sequence window', ({ test }) => {
  test('the floor is the lowest open number, whatever order numbers are closed in', () => {
    const seed = 'sequence window'
    const random = new Prng(seed)
    const window = new SequenceWindow<{ sequence: number }>()
    const open = new Set<number>()
    for (let step = 0; step < 20_000; step++) {
      if (open.size === 0 || (open.size < 3000 && random.chance(6, 10))) {
        const item = { sequence: window.next }
        window.open(item)
        open.add(item.sequence)
      } else {
        const all = [...open]
        const sequence = all[random.below(Math.min(all.length, 50))] as number
        expect.is(window.find(sequence)?.sequence, sequence, `seed ${seed}`)
        window.close(sequence)
        open.delete(sequence)
        expect.is(window.find(sequence), undefined)
      }
      const lowest = open.size === 0 ? window.next : Math.min(...[...open].slice(0, 60))
      if (step % 50 === 0) expect.is(window.floor, open.size === 0 ? window.next : Math.min(lowest, ...open), `seed ${seed}, step ${step}`)
    }
  })

  test('closing a number that is not open is a bug', () => {
    const window = new SequenceWindow<{ sequence: number }>()
    window.open({ sequence: 1 })
    window.close(1)
    expect.throws(() => { window.close(1) }, /not open/)
    expect.throws(() => { window.close(2) }, /not open/)
  })
})

suite('deadlines', ({ test }) => {
  test('exactly what is late expires, and the next deadline is the earliest left', () => {
    const deadlines = new Deadlines<{ deadlineMs: number, timeoutMs: number }>()
    const items: Array<{ deadlineMs: number, timeoutMs: number }> = []
    for (let at = 0; at < 100; at++) {
      for (const timeoutMs of [10, 500]) {
        const item = { deadlineMs: at + timeoutMs, timeoutMs }
        items.push(item)
        deadlines.add(item)
      }
    }
    deadlines.remove(items[0] as { deadlineMs: number, timeoutMs: number })
    expect.is(deadlines.nextMs, 11)
    const late: number[] = []
    deadlines.expire(60, (item) => {
      late.push(item.deadlineMs)
      deadlines.remove(item)
    })
    expect.equal(late, Array.from({ length: 50 }, (_, i) => i + 11))
    expect.is(deadlines.nextMs, 61)
  })

  test('nothing waits: there is no deadline', () => {
    expect.is(new Deadlines<{ deadlineMs: number, timeoutMs: number }>().nextMs, Infinity)
  })
})
