import { Prng } from '../../src/base/index.js'
import { DiskError } from '../../src/node/ports.js'
import { VirtualDisk } from '../../sim/disk/virtual-disk.js'
import { expect, suite } from '../harness.js'
import { ALL, collect, conformsToDisk, outcome, put, range, text, thrown, write } from './conformance.js'
import type { DiskUnderTest } from './conformance.js'

function underTest (disk: VirtualDisk): DiskUnderTest {
  return {
    disk,
    scan: (of) => Promise.resolve(disk.entries(of)),
    reopen: () => {
      disk.crash()
      return Promise.resolve(underTest(disk))
    },
    failNextWrite: (error) => { disk.failNextWrite(error) },
    close: () => Promise.resolve()
  }
}

conformsToDisk('VirtualDisk', () => Promise.resolve(underTest(new VirtualDisk({ defer: (step) => { setImmediate(step) } }))))

const value = (disk: VirtualDisk, key: string): string | undefined => text(disk.get(Buffer.from(key)))
const ignore = (): void => {}

suite('VirtualDisk', ({ test }) => {
  test('a batch is neither visible nor durable before its flush, and told after it', () => {
    const disk = new VirtualDisk()
    let told = false
    disk.write([put('a', '1')], () => { told = true })
    disk.write([put('b', '1')], ignore)
    expect.is(value(disk, 'a'), undefined)
    expect.ok(disk.flushNext())
    expect.is(value(disk, 'a'), '1')
    expect.is(told, false)
    expect.is(disk.flushNext(), false, 'the next flush waits until the owner was told')
    expect.ok(disk.completeNext())
    expect.is(told, true)
    expect.is(value(disk, 'b'), undefined)
    expect.ok(disk.completeNext())
    expect.is(disk.completeNext(), false)
    expect.is(disk.pendingCount, 0)
  })

  test('a crash loses what is not flushed, keeps what is, and tells nobody', () => {
    const disk = new VirtualDisk()
    let told = 0
    disk.write([put('flushed', '1')], () => { told++ })
    disk.write([put('pending', '1')], () => { told++ })
    disk.flushNext()
    disk.crash()
    expect.is(disk.pendingCount, 0)
    expect.is(disk.completeNext(), false)
    expect.is(told, 0)
    expect.equal(disk.entries(ALL).map(({ key }) => text(key)), ['flushed'])
  })

  test('a crash that loses the tail leaves every prefix of the pending batches sooner or later, and nothing but prefixes', () => {
    const seen = new Set<string>()
    for (let seed = 0; seed < 200; seed++) {
      const disk = new VirtualDisk()
      for (const key of ['a', 'b', 'c']) disk.write([put(key, '1')], ignore)
      disk.crash('tail', new Prng(seed))
      seen.add(disk.entries(ALL).map(({ key }) => text(key)).join(''))
    }
    expect.equal([...seen].sort(), ['', 'a', 'ab', 'abc'])
  })

  test('a crash may leave any part of a clear undone', () => {
    const left = new Set<number>()
    for (let seed = 0; seed < 200; seed++) {
      const disk = new VirtualDisk({ clearKeysMax: 2 })
      disk.write(['a', 'b', 'c', 'd'].map((key) => put(key, '1')), ignore)
      disk.completeNext()
      disk.clear(ALL, ignore)
      disk.crash('tail', new Prng(seed))
      left.add(disk.size)
    }
    expect.equal([...left].sort((a, b) => a - b), [0, 2, 4])
  })

  test('steps deferred before a crash do nothing after it', () => {
    const steps: Array<() => void> = []
    const disk = new VirtualDisk({ defer: (step) => { steps.push(step) } })
    let told = 0
    disk.write([put('old', '1')], () => { told++ })
    disk.crash()
    disk.write([put('new', '1')], () => { told++ })
    expect.is(steps.length, 2)
    steps[0]?.()
    expect.is(disk.size, 0)
    steps[1]?.()
    expect.equal(disk.entries(ALL).map(({ key }) => text(key)), ['new'])
    expect.is(told, 0)
    steps[2]?.()
    expect.is(told, 1)
  })

  test('each batch is one flush and one notification, whatever else waits', () => {
    const steps: Array<{ readonly step: () => void, readonly kind: string }> = []
    const disk = new VirtualDisk({ defer: (step, kind) => { steps.push({ step, kind }) } })
    disk.write([put('a', '1')], () => { disk.write([put('c', '1')], ignore) })
    disk.write([put('b', '1')], ignore)
    for (let index = 0; index < steps.length; index++) steps[index]?.step()
    expect.equal(steps.map(({ kind }) => kind), ['flush', 'notify', 'flush', 'notify', 'flush', 'notify'])
    expect.is(disk.size, 3)
  })

  test('a step that runs inside the call is a bug of the world', () => {
    const disk = new VirtualDisk({ defer: (step) => { step() } })
    expect.throws(() => { disk.write([put('a', '1')], ignore) }, /later than the call/)
  })

  test('a failed batch that landed all the same is there after the crash, not before', () => {
    const disk = new VirtualDisk()
    const failure = new DiskError('write_failed', 'fsync')
    disk.failNextWrite(failure, { lands: true })
    let told: DiskError | undefined
    disk.write([put('a', '1')], (error) => { told = error })
    disk.completeNext()
    expect.is(told, failure)
    expect.is(value(disk, 'a'), undefined)
    disk.crash()
    expect.is(value(disk, 'a'), '1')
  })

  test('reads fail as long as they are told to, also in snapshots and scans', async () => {
    const disk = new VirtualDisk({ defer: (step) => { setImmediate(step) } })
    await write(disk, put('a', '1'))
    const snapshot = disk.snapshot()
    disk.failReads(new DiskError('read_failed', 'planted'))
    expect.is(thrown(() => disk.get(Buffer.from('a'))).message, 'planted')
    expect.is(thrown(() => snapshot.get(Buffer.from('a'))).message, 'planted')
    expect.is(thrown(() => disk.entries(ALL)).message, 'planted')
    expect.instance(await collect(snapshot, ALL, 10).catch((error: unknown) => error), DiskError)
    disk.failReads(undefined)
    expect.is(value(disk, 'a'), '1')
  })

  test('a snapshot ends with the process that took it', async () => {
    const disk = new VirtualDisk({ defer: (step) => { setImmediate(step) } })
    await write(disk, put('a', '1'))
    const snapshot = disk.snapshot()
    disk.crash()
    expect.is(thrown(() => snapshot.get(Buffer.from('a'))).code, 'read_failed')
  })

  test('corruption flips one bit of the stored value and of nothing else', async () => {
    const disk = new VirtualDisk({ defer: (step) => { setImmediate(step) } })
    const handed = Buffer.from([0, 0])
    await write(disk, put('a', ''), { kind: 'put', key: Buffer.from('b'), value: handed })
    expect.ok(disk.corrupt(Buffer.from('b'), 9))
    expect.equal([...disk.get(Buffer.from('b')) ?? []], [0, 2])
    expect.equal([...handed], [0, 0])
    expect.is(disk.corrupt(Buffer.from('a')), false)
    expect.is(disk.corrupt(Buffer.from('missing')), false)
  })

  test('a wiped disk is empty and an image brings an old state back', async () => {
    const disk = new VirtualDisk({ defer: (step) => { setImmediate(step) } })
    await write(disk, put('a', 'old'))
    const image = disk.image()
    await write(disk, put('a', 'new'), put('b', 'new'))
    disk.wipe()
    expect.is(disk.size, 0)
    disk.restore(image)
    expect.is(value(disk, 'a'), 'old')
    expect.is(disk.size, 1)
  })

  test('the same calls and seeds leave the same disk', () => {
    const run = (seed: number): string => {
      const random = new Prng(seed)
      const disk = new VirtualDisk({ clearKeysMax: 3 })
      for (let round = 0; round < 300; round++) {
        const at = random.below(50)
        if (random.chance(1, 10)) disk.clear(range(String(at), String(at + 20)), ignore)
        else disk.write([put(String(at), String(round))], ignore)
        if (random.chance(1, 2)) disk.completeNext()
        if (random.chance(1, 20)) disk.crash('tail', random)
      }
      return disk.entries(ALL).map((entry) => `${text(entry.key)}=${text(entry.value)}`).join()
    }
    expect.is(run(7), run(7))
    expect.is.not(run(7), run(8))
  })

  test('the disk is full where the world says so', async () => {
    const disk = new VirtualDisk({ defer: (step) => { setImmediate(step) } })
    disk.availableBytes = 0
    expect.is(disk.freeBytes(), 0)
    disk.failNextWrite(new DiskError('full', 'planted'))
    expect.is((await outcome(disk, [put('a', '1')]))?.code, 'full')
  })
})
