import { Prng } from '../../src/base/index.js'
import { DiskError } from '../../src/node/ports.js'
import type { Disk, DiskEntry, DiskOperation, DiskSnapshot, KeyRange } from '../../src/node/ports.js'
import { expect, suite } from '../harness.js'

/** A disk and what the suite needs beside the port. */
export interface DiskUnderTest {
  readonly disk: Disk
  scan (range: KeyRange): Promise<readonly DiskEntry[]>
  /** Ends the process on the disk in an orderly way and starts the next one. */
  reopen (): Promise<DiskUnderTest>
  /** Lets the next batch fail, where the adapter can be made to. */
  readonly failNextWrite?: (error: DiskError) => void
  close (): Promise<void>
}

export const ALL: KeyRange = { from: Buffer.alloc(0), to: Buffer.alloc(16, 0xff) }

export const put = (key: string | Uint8Array, value: string | Uint8Array): DiskOperation =>
  ({ kind: 'put', key: Buffer.from(key), value: Buffer.from(value) })

export const remove = (key: string | Uint8Array): DiskOperation => ({ kind: 'delete', key: Buffer.from(key) })

export const range = (from: string, to: string): KeyRange => ({ from: Buffer.from(from), to: Buffer.from(to) })

export async function write (disk: Disk, ...operations: DiskOperation[]): Promise<void> {
  const error = await outcome(disk, operations)
  if (error !== undefined) throw error
}

export const outcome = (disk: Disk, operations: readonly DiskOperation[]): Promise<DiskError | undefined> =>
  new Promise((resolve) => { disk.write(operations, resolve) })

export async function clear (disk: Disk, cleared: KeyRange): Promise<void> {
  const error = await new Promise<DiskError | undefined>((resolve) => { disk.clear(cleared, resolve) })
  if (error !== undefined) throw error
}

export function text (bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}

const pairs = (entries: readonly DiskEntry[]): string[] => entries.map(({ key, value }) => `${text(key)}=${text(value)}`)

export async function collect (snapshot: DiskSnapshot, of: KeyRange, chunkBytes: number): Promise<DiskEntry[]> {
  const entries: DiskEntry[] = []
  for await (const chunk of snapshot.range(of, chunkBytes)) entries.push(...chunk)
  return entries
}

export function thrown (action: () => unknown): DiskError {
  try {
    action()
  } catch (error) {
    if (error instanceof DiskError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const numbered = (prefix: string, index: number): string => `${prefix}${String(index).padStart(6, '0')}`

/** What every adapter of the disk port must do. */
export function conformsToDisk (name: string, open: () => Promise<DiskUnderTest>): void {
  suite(`${name} as a disk`, ({ test, beforeEach, afterEach }) => {
    let under: DiskUnderTest
    let disk: Disk
    const set = (next: DiskUnderTest): void => { under = next; disk = next.disk }
    beforeEach(async () => { set(await open()) })
    afterEach(() => under.close())

    test('a missing key is undefined and an empty value is not', async () => {
      await write(disk, put('empty', ''))
      expect.is(disk.get(Buffer.from('missing')), undefined)
      expect.is(disk.get(Buffer.from('empty'))?.length, 0)
    })

    test('a batch is visible everywhere when it is told', async () => {
      await write(disk, put('a', '1'), put('b', '2'))
      expect.is(text(disk.get(Buffer.from('a'))), '1')
      expect.equal(pairs(await under.scan(ALL)), ['a=1', 'b=2'])
      const snapshot = disk.snapshot()
      expect.is(text(snapshot.get(Buffer.from('b'))), '2')
      snapshot.close()
    })

    test('nobody is told inside the call', async () => {
      let told = 0
      const waits = [
        new Promise<void>((resolve) => { disk.write([put('a', '1')], () => { told++; resolve() }) }),
        new Promise<void>((resolve) => { disk.write([], () => { told++; resolve() }) }),
        new Promise<void>((resolve) => { disk.clear(range('x', 'y'), () => { told++; resolve() }) })
      ]
      expect.is(told, 0)
      await Promise.all(waits)
      expect.is(told, 3)
    })

    test('batches take effect and are told in the order of the calls', async () => {
      const told: number[] = []
      await Promise.all(Array.from({ length: 60 }, (_, index) => new Promise<void>((resolve) => {
        const filler = index % 3 === 0 ? [put('filler', Buffer.alloc(100_000, index))] : []
        disk.write([...filler, put('a', String(index))], (error) => {
          expect.is(error, undefined)
          expect.ok(Number(text(disk.get(Buffer.from('a')))) >= index, `batch ${index} is not visible when it is told`)
          told.push(index)
          resolve()
        })
      })))
      expect.equal(told, Array.from({ length: 60 }, (_, index) => index))
      expect.is(text(disk.get(Buffer.from('a'))), '59')
    })

    test('the last operation on a key of a batch wins', async () => {
      await write(disk, put('kept', 'old'), put('gone', 'old'))
      await write(
        disk, put('kept', '1'), remove('kept'), put('kept', '2'), put('gone', '1'), remove('gone'),
        put('twice', '1'), put('twice', '2'), remove('never')
      )
      expect.equal(pairs(await under.scan(ALL)), ['kept=2', 'twice=2'])
    })

    test('a batch is seen whole or not at all', async () => {
      const keys = Array.from({ length: 300 }, (_, index) => numbered('k', index))
      await write(disk, ...keys.map((key) => put(key, '0')))
      for (let generation = 1; generation <= 5; generation++) {
        let pending = true
        disk.write(keys.map((key) => put(key, String(generation))), () => { pending = false })
        while (pending) {
          const snapshot = disk.snapshot()
          const seen = new Set(keys.map((key) => text(snapshot.get(Buffer.from(key)))))
          snapshot.close()
          expect.is(seen.size, 1, `a part of batch ${generation}: ${[...seen].join(', ')}`)
          await new Promise((resolve) => { setImmediate(resolve) })
        }
      }
    })

    test('a range includes its start, excludes its end and is in byte order', async () => {
      const keys = ['', '00', '0000', '0001', '01', '7f', '7fff', '80', '80aa', 'ff', 'ffff'].map((hex) => Buffer.from(hex, 'hex'))
      await write(disk, ...new Prng('order').shuffle([...keys]).map((key) => put(key, key)))
      const hex = async (from: string, to: string): Promise<string[]> =>
        (await under.scan({ from: Buffer.from(from, 'hex'), to: Buffer.from(to, 'hex') })).map(({ key }) => Buffer.from(key).toString('hex'))
      expect.equal(await hex('', 'ffffff'), keys.map((key) => key.toString('hex')))
      expect.equal(await hex('00', '01'), ['00', '0000', '0001'])
      expect.equal(await hex('0002', '80'), ['01', '7f', '7fff'])
      expect.equal(await hex('80', '80'), [])
      expect.equal(await hex('80', '01'), [])
    })

    test('a range comes in chunks of about the size asked for', async () => {
      const value = Buffer.alloc(1000, 1)
      await write(disk, ...Array.from({ length: 500 }, (_, index) => put(numbered('k', index), value)))
      const snapshot = disk.snapshot()
      const seen: string[] = []
      for await (const chunk of snapshot.range(range('k', 'l'), 10_000)) {
        const sizeBytes = chunk.reduce((sum, entry) => sum + entry.key.length + entry.value.length, 0)
        expect.ok(chunk.length > 0 && sizeBytes <= 10_000 + 1007, `a chunk of ${chunk.length} entries, ${sizeBytes} bytes`)
        seen.push(...chunk.map(({ key }) => text(key) ?? ''))
      }
      snapshot.close()
      expect.equal(seen, Array.from({ length: 500 }, (_, index) => numbered('k', index)))
    })

    test('a range may be left early', async () => {
      await write(disk, ...Array.from({ length: 500 }, (_, index) => put(numbered('k', index), Buffer.alloc(100))))
      const snapshot = disk.snapshot()
      for await (const chunk of snapshot.range(ALL, 1000)) {
        expect.ok(chunk.length > 0)
        break
      }
      snapshot.close()
      await write(disk, put('after', '1'))
    })

    test('a snapshot does not see later writes and clears', async () => {
      await write(disk, put('a', '1'), put('b', '1'), put('c', '1'))
      const snapshot = disk.snapshot()
      await write(disk, put('a', '2'), remove('b'), put('d', '2'))
      await clear(disk, range('c', 'd'))
      expect.is(text(snapshot.get(Buffer.from('a'))), '1')
      expect.is(text(snapshot.get(Buffer.from('b'))), '1')
      expect.is(snapshot.get(Buffer.from('d')), undefined)
      expect.equal(pairs(await collect(snapshot, ALL, 1)), ['a=1', 'b=1', 'c=1'])
      snapshot.close()
      expect.equal(pairs(await under.scan(ALL)), ['a=2', 'd=2'])
    })

    test('a closed snapshot answers nothing, and a range not read to its end fails', async () => {
      await write(disk, ...Array.from({ length: 50 }, (_, index) => put(numbered('k', index), Buffer.alloc(100))))
      const snapshot = disk.snapshot()
      const begun = snapshot.range(ALL, 500)[Symbol.asyncIterator]()
      const first = await begun.next()
      expect.ok(first.done !== true && first.value.length > 0)
      snapshot.close()
      snapshot.close()
      expect.is(thrown(() => snapshot.get(Buffer.from('a'))).code, 'read_failed')
      for (const failure of [await begun.next().catch((error: unknown) => error), await collect(snapshot, ALL, 500).catch((error: unknown) => error)]) {
        expect.ok(failure instanceof DiskError && failure.code === 'read_failed', String(failure))
      }
    })

    test('a clear deletes its range and nothing else, for good', async () => {
      const keys = (prefix: string): DiskOperation[] => Array.from({ length: 3000 }, (_, index) => put(numbered(prefix, index), 'x'))
      await write(disk, ...keys('a'), ...keys('b'), ...keys('c'), put('b', 'first'))
      await clear(disk, range('b', 'c'))
      expect.is((await under.scan(range('b', 'c'))).length, 0)
      expect.is((await under.scan(ALL)).length, 6000)
      set(await under.reopen())
      expect.is((await under.scan(range('b', 'c'))).length, 0)
      expect.is((await under.scan(ALL)).length, 6000)
    })

    test('a clear of nothing is told too', async () => {
      await write(disk, put('a', '1'), put('b', '1'))
      await clear(disk, range('x', 'z'))
      await clear(disk, range('b', 'a'))
      expect.is((await under.scan(ALL)).length, 2)
    })

    test('a clear deletes what was written before the call and keeps what was written after it', async () => {
      await write(disk, ...Array.from({ length: 5000 }, (_, index) => put(numbered('k', index), 'old')))
      const told: string[] = []
      disk.write([put(numbered('k', 5000), 'before')], () => { told.push('before') })
      disk.clear(range('k', 'l'), () => { told.push('clear') })
      await write(disk, put(numbered('k', 10), 'after'))
      expect.equal(told, ['before', 'clear'])
      expect.equal(pairs(await under.scan(ALL)), [`${numbered('k', 10)}=after`])
    })

    test('a large clear does not hold up writes beside its range', async () => {
      await write(disk, ...Array.from({ length: 10_000 }, (_, index) => put(numbered('k', index), 'old')))
      const told: string[] = []
      const cleared = clear(disk, range('k', 'l')).then(() => { told.push('clear') })
      await write(disk, put('beside', '1'))
      told.push('write')
      await cleared
      expect.equal(told, ['write', 'clear'])
      expect.equal(pairs(await under.scan(ALL)), ['beside=1'])
    })

    test('what was told is there after a restart', async () => {
      await write(disk, put('a', '1'), put('b', '1'), put('big', Buffer.alloc(1_000_000, 7)))
      await write(disk, remove('a'), put('b', '2'))
      set(await under.reopen())
      expect.is(disk.get(Buffer.from('a')), undefined)
      expect.is(text(disk.get(Buffer.from('b'))), '2')
      expect.is(disk.get(Buffer.from('big'))?.length, 1_000_000)
    })

    test('random operations leave what a model says', async () => {
      for (const seed of [1, 2, 3]) {
        const random = new Prng(`disk ${seed}`)
        const model = new Map<string, string>()
        await clear(disk, ALL)
        const key = (): string => numbered('', random.below(400))
        const waits: Array<Promise<void>> = []
        for (let round = 0; round < 60; round++) {
          if (random.chance(1, 8)) {
            const [from, to] = [key(), key()].sort() as [string, string]
            for (const each of model.keys()) if (each >= from && each < to) model.delete(each)
            waits.push(clear(disk, range(from, to)))
            continue
          }
          const operations = Array.from({ length: random.below(40) }, () => {
            const [each, value] = [key(), String(random.uint32())]
            if (random.chance(1, 3)) {
              model.delete(each)
              return remove(each)
            }
            model.set(each, value)
            return put(each, value)
          })
          waits.push(write(disk, ...operations))
          if (random.chance(1, 4)) await waits.at(-1)
        }
        await Promise.all(waits)
        const expected = [...model].sort(([a], [b]) => a < b ? -1 : 1).map(([each, value]) => `${each}=${value}`)
        expect.equal(pairs(await under.scan(ALL)), expected, `seed ${seed}`)
      }
    })

    test('a hundred thousand entries are fine', async () => {
      const random = new Prng('many')
      const keys = random.shuffle(Array.from({ length: 100_000 }, (_, index) => numbered('k', index)))
      for (let at = 0; at < keys.length; at += 1000) await write(disk, ...keys.slice(at, at + 1000).map((key) => put(key, key)))
      const entries = await under.scan(ALL)
      expect.is(entries.length, 100_000)
      for (let index = 0; index < 100_000; index += 997) {
        expect.is(text(entries[index]?.key), numbered('k', index))
        expect.is(text(disk.get(Buffer.from(numbered('k', index)))), numbered('k', index))
      }
    })

    test('free bytes are a count', () => {
      expect.ok(Number.isSafeInteger(disk.freeBytes()) && disk.freeBytes() >= 0)
    })

    test('after a failure everything fails with the same error, in order, and nothing is written', async () => {
      if (under.failNextWrite === undefined) return // proven on the real thing in level-disk.test.ts
      await write(disk, put('a', '1'))
      const failure = new DiskError('write_failed', 'planted')
      under.failNextWrite(failure)
      const told: string[] = []
      const note = (which: string) => (error: DiskError | undefined): void => { told.push(`${which} ${error === failure}`) }
      disk.write([put('a', '2')], note('first'))
      disk.clear(ALL, note('clear'))
      disk.write([put('a', '3')], note('waiting'))
      expect.is(await outcome(disk, [put('a', '4')]), failure)
      disk.write([put('a', '5')], note('later'))
      expect.is(await outcome(disk, []), failure)
      expect.equal(told, ['first true', 'clear true', 'waiting true', 'later true'])
      expect.equal(pairs(await under.scan(ALL)), ['a=1'])
      set(await under.reopen())
      await write(disk, put('a', '6'))
      expect.is(text(disk.get(Buffer.from('a'))), '6')
    })
  })
}
