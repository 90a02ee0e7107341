import { Prng, toBatchNumber, toRevision } from '../../src/base/index.js'
import { Overlay, type StoredValue } from '../../src/kv/index.js'
import { expect, suite } from '../harness.js'
import { key } from './harness.js'

const value = (text: string, revision = 1): StoredValue => ({ value: key(text), revision: toRevision(revision) })
const batch = toBatchNumber

suite('overlay', ({ test }) => {
  test('has what was put, knows what was deleted, and nothing of other keys', () => {
    const overlay = new Overlay()
    expect.is(overlay.get(key('a')), undefined)
    overlay.put(key('a'), value('1'), batch(1))
    overlay.put(key('b'), undefined, batch(1))
    expect.is(overlay.get(key('a'))?.value?.value.toString(), '1')
    expect.ok(overlay.get(key('b')) !== undefined && overlay.get(key('b'))?.value === undefined)
    expect.is(overlay.get(key('c')), undefined)
  })

  test('tells keys apart byte by byte', () => {
    const overlay = new Overlay()
    overlay.put(Buffer.from([0xc3, 0xa9]), value('two bytes'), batch(1))
    expect.is(overlay.get(Buffer.from([0xe9])), undefined)
    expect.ok(overlay.get(new Uint8Array([9, 0xc3, 0xa9]).subarray(1)) !== undefined)
  })

  test('keeps a key whose newest write is not flushed yet', () => {
    const overlay = new Overlay()
    overlay.put(key('a'), value('1'), batch(1))
    overlay.put(key('b'), value('1'), batch(1))
    overlay.put(key('a'), value('2'), batch(2))
    overlay.release(batch(1))
    expect.is(overlay.get(key('a'))?.value?.value.toString(), '2')
    expect.is(overlay.get(key('b')), undefined)
    overlay.release(batch(2))
    expect.equal([overlay.count, overlay.sizeBytes], [0, 0])
  })

  test('counts the bytes of what it holds', () => {
    const overlay = new Overlay()
    overlay.put(key('key'), value('12345'), batch(1))
    expect.is(overlay.sizeBytes, 8)
    overlay.put(key('key'), value('1'), batch(2))
    expect.is(overlay.sizeBytes, 4)
    overlay.put(key('key'), undefined, batch(2))
    expect.is(overlay.sizeBytes, 3)
    overlay.release(batch(3))
    expect.is(overlay.sizeBytes, 0)
  })

  test('takes batches in order only', () => {
    const overlay = new Overlay()
    overlay.put(key('a'), value('1'), batch(2))
    expect.throws(() => { overlay.put(key('a'), value('1'), batch(1)) }, /comes after/)
  })

  test('agrees with a plain model under random puts and releases', () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = new Prng(seed)
      const overlay = new Overlay()
      const model = new Map<string, { value: StoredValue | undefined, batch: number }>()
      let newest = 1
      let released = 0
      for (let step = 0; step < 100; step++) {
        if (random.chance(1, 8) && released < newest) {
          released = random.between(released + 1, newest)
          overlay.release(batch(released))
          for (const [name, entry] of model) if (entry.batch <= released) model.delete(name)
          newest = Math.max(newest, released + 1)
        } else {
          if (random.chance(1, 5)) newest += random.between(1, 2)
          const name = `k${random.below(8)}`
          const written = random.chance(1, 4) ? undefined : value('v'.repeat(random.below(5)), step)
          overlay.put(key(name), written, batch(newest))
          model.set(name, { value: written, batch: newest })
        }
        for (let at = 0; at < 8; at++) expect.is(overlay.get(key(`k${at}`))?.value, model.get(`k${at}`)?.value, `seed ${seed}`)
        expect.is(overlay.count, model.size, `seed ${seed}`)
        expect.is(overlay.sizeBytes, [...model].reduce((sum, [name, entry]) => sum + name.length + (entry.value?.value.length ?? 0), 0), `seed ${seed}`)
      }
    }
  })

  test('releases in time proportional to what is dropped', () => {
    const overlay = new Overlay()
    for (let at = 0; at < 50_000; at++) overlay.put(key(`kept ${at}`), value('v'), batch(2 ** 40 + at))
    const small = new Overlay()
    const before = process.cpuUsage()
    for (let round = 1; round <= 50_000; round++) {
      small.put(key('a'), value('v'), batch(round))
      small.release(batch(round))
      overlay.release(batch(round))
    }
    const cpuMs = process.cpuUsage(before).user / 1000
    expect.ok(cpuMs < 1500, `${cpuMs} ms: a release that walks what is kept, keys or batches, takes 50,000 × 50,000 steps`)
    expect.equal([small.count, overlay.count], [0, 50_000])
  })
})
