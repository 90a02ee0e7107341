import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClassicLevel } from 'classic-level'
import { Level } from 'level'
import { DiskError } from '../../src/node/ports.js'
import { defaultLevelDiskOptions, openLevelDisk } from '../../src/storage/index.js'
import type { LevelDisk } from '../../src/storage/index.js'
import { expect, suite } from '../harness.js'
import { KEYS_PER_BATCH } from './child.js'
import { ALL, clear, collect, conformsToDisk, outcome, put, text, thrown, write } from './conformance.js'
import type { DiskUnderTest } from './conformance.js'

const makeDirectory = (): string => mkdtempSync(join(tmpdir(), 'gokeydb-disk-'))

async function openUnderTest (directory: string): Promise<DiskUnderTest> {
  const disk = await openLevelDisk(directory)
  return {
    disk,
    scan: (of) => disk.scan(of),
    reopen: async () => {
      await disk.close()
      return await openUnderTest(directory)
    },
    close: async () => {
      await disk.close()
      rmSync(directory, { recursive: true })
    }
  }
}

conformsToDisk('LevelDisk', () => openUnderTest(makeDirectory()))

const childFile = fileURLToPath(new URL('./child.js', import.meta.url))

/** Collects a child's lines; `until` resolves with the first that matches, or rejects when the child ends without. */
class Child {
  readonly process: ChildProcess
  readonly lines: string[] = []
  readonly ended: Promise<void>
  #changed: () => void = () => {}

  constructor (command: string, parameters: readonly string[]) {
    this.process = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    let rest = ''
    this.process.stdout?.setEncoding('utf8').on('data', (data: string) => {
      const lines = (rest + data).split('\n')
      rest = lines.pop() ?? ''
      this.lines.push(...lines)
      this.#changed()
    })
    this.ended = new Promise((resolve) => { this.process.once('close', () => { resolve(); this.#changed() }) })
  }

  static node (mode: string, directory: string): Child {
    return new Child(process.execPath, [childFile, mode, directory])
  }

  async until (pattern: RegExp, count = 1): Promise<string> {
    for (;;) {
      const found = this.lines.filter((line) => pattern.test(line))
      const line = found[count - 1]
      if (line !== undefined) return line
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        await this.ended
        if (this.lines.filter((each) => pattern.test(each)).length < count) throw new Error(`the child ended: ${this.lines.slice(-5).join(' | ')}`)
        continue
      }
      await new Promise<void>((resolve) => { this.#changed = resolve })
    }
  }
}

/** Runs `action` and returns the options of every batch that reached level: no kill of a process shows a missing fsync. */
async function batchOptions (action: () => Promise<void>): Promise<unknown[]> {
  const options: unknown[] = []
  const watched = (target: object, name: string, note: (parameters: unknown[], result: unknown) => void): (() => void) => {
    const original: unknown = Reflect.get(target, name)
    if (typeof original !== 'function') throw new Error(`no function ${name}`)
    Reflect.set(target, name, function (this: unknown, ...parameters: unknown[]): unknown {
      const result: unknown = Reflect.apply(original, this, parameters)
      note(parameters, result)
      return result
    })
    return () => { Reflect.set(target, name, original) }
  }
  const restore = watched(ClassicLevel.prototype, 'batch', (parameters, result) => {
    if (parameters.length > 0) options.push(parameters[1])
    else if (typeof result === 'object' && result !== null) watched(result, 'write', ([each]) => { options.push(each) })
  })
  try {
    await action()
  } finally {
    restore()
  }
  return options
}

const refusal = async (directory: string): Promise<DiskError> => {
  const failure = await openLevelDisk(directory).then(async (disk) => { await disk.close() }, (error: unknown) => error)
  if (failure instanceof DiskError) return failure
  throw new Error(`not refused: ${String(failure)}`)
}

/** Whole batches that a killed child left, by number. */
async function batchesOf (disk: LevelDisk): Promise<number[]> {
  const counts = new Map<number, number>()
  for (const { key, value } of await disk.scan(ALL)) {
    const number = Number(text(key)?.split('/')[0])
    expect.is(text(value)?.startsWith(String(number)), true, `the value of batch ${number}`)
    counts.set(number, (counts.get(number) ?? 0) + 1)
  }
  for (const [number, count] of counts) expect.is(count, KEYS_PER_BATCH, `batch ${number} is torn`)
  return [...counts.keys()].sort((a, b) => a - b)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

suite('LevelDisk', ({ test, beforeEach, afterEach }) => {
  let directory = ''
  const open: LevelDisk[] = []
  const opened = async (options = {}): Promise<LevelDisk> => {
    const disk = await openLevelDisk(directory, options)
    open.push(disk)
    return disk
  }
  const database = (...names: string[]): string => join(directory, 'db', ...names)
  /** A closed database with one table of 1000 entries. */
  const makeTable = async (): Promise<void> => {
    const disk = await opened()
    await write(disk, ...Array.from({ length: 1000 }, (_, index) => put(`k${index}`, Buffer.alloc(100, index))))
    await disk.close()
    await (await opened()).close() // LevelDB turns the log into a table when it starts
    expect.ok(tables().length > 0)
  }
  const tables = (): string[] => readdirSync(database()).filter((file) => file.endsWith('.ldb'))
  const manifest = (): string => database(readdirSync(database()).find((file) => file.startsWith('MANIFEST')) ?? '')

  beforeEach(() => { directory = makeDirectory() })
  afterEach(async () => {
    for (const disk of open.splice(0)) await disk.close()
    rmSync(directory, { recursive: true })
  })

  test('a second open in this process is refused by any path, and the lock survives it', async () => {
    await write(await opened(), put('a', '1'))
    const link = `${directory}-link`
    symlinkSync(directory, link)
    try {
      for (const path of [directory, `${directory}/.`, link]) {
        const failure = await refusal(path)
        expect.is(failure.code, 'locked')
        expect.ok(failure.message.includes(path), failure.message)
      }
    } finally {
      rmSync(link)
    }
    expect.match(await Child.node('open', directory).until(/./), /^refused locked/)
  })

  test('of two opens at once one is refused', async () => {
    const both = await Promise.allSettled([opened(), opened()])
    expect.is(both.filter(({ status }) => status === 'fulfilled').length, 1)
  })

  test('another process is refused, and told the directory and who holds it', async () => {
    await opened()
    const line = await Child.node('open', directory).until(/./)
    expect.match(line, /^refused locked/)
    expect.ok(line.includes(directory) && line.includes(`process ${process.pid}:`), line)
  })

  test('a holder that is another process is named here', async () => {
    const child = Child.node('write', directory)
    await child.until(/^durable/)
    const failure = await refusal(directory)
    child.process.kill('SIGKILL')
    await child.ended
    expect.is(failure.code, 'locked')
    expect.ok(failure.message.includes(`process ${child.process.pid}:`), failure.message)
    await opened() // and nothing of it stays behind
  })

  test('a closed directory can be opened by another process and again by this one', async () => {
    await (await opened()).close()
    expect.is(existsSync(join(directory, 'node.pid')), false)
    const child = Child.node('open', directory)
    expect.is(await child.until(/./), 'open')
    await child.ended
    await opened()
  })

  test('missing parents of the directory are made', async () => {
    const disk = await openLevelDisk(join(directory, 'a', 'b', 'c'))
    await write(disk, put('a', '1'))
    await disk.close()
  })

  test('a path that is no directory is a refusal, not a crash', async () => {
    writeFileSync(join(directory, 'file'), '')
    const failure = await refusal(join(directory, 'file'))
    expect.is(failure.code, 'read_failed')
    expect.ok(failure.message.includes(directory), failure.message)
  })

  test('the marker is written before the first batch is told, and not before there is one', async () => {
    const disk = await opened()
    const marker = join(directory, 'database-exists.json')
    expect.is(existsSync(marker), false)
    await new Promise<void>((resolve) => {
      disk.write([put('a', '1')], () => {
        expect.ok(existsSync(marker))
        resolve()
      })
    })
    expect.match(readFileSync(marker, 'utf8'), /never this file alone/)
  })

  test('a database without CURRENT is lost, and LevelDB makes no new one over it', async () => {
    await write(await opened(), put('a', '1'))
    await open.splice(0)[0]?.close()
    rmSync(database('CURRENT'))
    const before = readdirSync(database())
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await refusal(directory)
      expect.is(failure.code, 'lost')
      expect.match(failure.message, /CURRENT is missing.*must not start empty.*remove the whole directory/)
    }
    expect.equal(readdirSync(database()), before)
    rmSync(join(directory, 'database-exists.json'))
    expect.is((await refusal(directory)).code, 'lost', 'a log without CURRENT says the same without the marker')
  })

  test('a database that is gone is lost, as is an empty one in its place', async () => {
    await write(await opened(), put('a', '1'))
    await open.splice(0)[0]?.close()
    rmSync(database(), { recursive: true })
    expect.is((await refusal(directory)).code, 'lost')
    mkdirSync(database())
    const empty = new Level(database())
    await empty.open()
    await empty.close()
    const failure = await refusal(directory)
    expect.is(failure.code, 'lost')
    expect.match(failure.message, /is empty/)
  })

  test('a database that nothing was written to may vanish', async () => {
    await (await opened()).close()
    rmSync(database(), { recursive: true })
    await write(await opened(), put('a', '1'))
  })

  test('a database whose first batch was durable but never told gets its marker at the next start', async () => {
    await write(await opened(), put('a', '1'))
    await open.splice(0)[0]?.close()
    rmSync(join(directory, 'database-exists.json'))
    await opened()
    expect.ok(existsSync(join(directory, 'database-exists.json')))
  })

  for (const [damage, apply] of [
    ['a damaged MANIFEST', () => { truncateSync(manifest(), 10) }],
    ['a missing MANIFEST', () => { rmSync(manifest()) }],
    ['a missing table', () => { rmSync(database(tables()[0] ?? '')) }],
    ['a damaged CURRENT', () => { writeFileSync(database('CURRENT'), 'nonsense') }]
  ] as const) {
    test(`${damage} is corruption, with advice`, async () => {
      await makeTable()
      apply()
      const failure = await refusal(directory)
      expect.is(failure.code, 'corrupt')
      expect.ok(failure.message.includes(directory) && failure.message.includes('joins as a new node'), failure.message)
    })
  }

  test('reading a damaged table is corruption, never a missing key', async () => {
    await makeTable()
    for (const table of tables()) {
      writeFileSync(database(table), Buffer.alloc(readFileSync(database(table)).length))
    }
    const disk = await opened().catch((error: unknown) => error)
    if (disk instanceof DiskError) { // noticed when the first entry was looked for
      expect.is(disk.code, 'corrupt')
      return
    }
    const damaged = disk as LevelDisk
    expect.is(thrown(() => damaged.get(Buffer.from('k5'))).code, 'corrupt')
    const failure = await damaged.scan(ALL).catch((error: unknown) => error)
    expect.ok(failure instanceof DiskError && failure.code === 'corrupt', String(failure))
  })

  test('a killed process leaves every told batch, all whole and none skipped', async () => {
    const child = Child.node('write', directory)
    await child.until(/^durable/, 100)
    child.process.kill('SIGKILL')
    await child.ended
    const told = child.lines.filter((line) => line.startsWith('durable')).map((line) => Number(line.split(' ')[1]))
    const found = await batchesOf(await opened())
    expect.ok(found.length >= told.length, `${told.length} told, ${found.length} found`)
    expect.equal(told, upTo(told.length))
    expect.equal(found, upTo(found.length))
  })

  test('after a write that really failed nothing is written, and what was told is there', async () => {
    if (process.platform === 'win32') return
    // Files may not grow beyond 512 KiB or 1 MiB there: LevelDB's log fails with EFBIG, in the middle of a record.
    const child = new Child('/bin/sh', ['-c', 'ulimit -f 1024 && exec "$0" "$@"', process.execPath, childFile, 'write', directory])
    await child.ended
    const failures = child.lines.filter((line) => line.startsWith('failed'))
    expect.is(failures.length, 4, child.lines.slice(-6).join(' | '))
    expect.is(new Set(failures).size, 1, failures.join(' | '))
    expect.match(failures[0] ?? '', /^failed write_failed .*[Ff]ile too large/)
    const told = child.lines.filter((line) => line.startsWith('durable')).length
    expect.ok(told > 10)
    const found = await batchesOf(await opened())
    expect.equal(found, upTo(found.length))
    expect.ok(found.length >= told && found.length <= told + 1, `${told} told, ${found.length} found`)
  })

  test('every batch is synced: small ones, large ones and those of a clear', async () => {
    const disk = await opened()
    const options = await batchOptions(async () => {
      await write(disk, put('a', '1'), put('b', '1'))
      await write(disk, put('c', Buffer.alloc(100_000)))
      await clear(disk, ALL)
    })
    expect.equal(options, [{ sync: true }, { sync: true }, { sync: true }])
  })

  test('close waits for what was called before, and refuses what comes after', async () => {
    const disk = await opened()
    const told: number[] = []
    for (let index = 0; index < 20; index++) disk.write([put(String(index), Buffer.alloc(50_000))], () => { told.push(index) })
    const closed = disk.close()
    expect.is((await outcome(disk, [put('late', '1')]))?.code, 'write_failed')
    await closed
    await disk.close()
    expect.is(told.length, 20)
    expect.is(thrown(() => disk.get(Buffer.from('1'))).code, 'read_failed')
    expect.is(thrown(() => disk.snapshot()).code, 'read_failed')
    expect.is((await (await opened()).scan(ALL)).length, 20)
  })

  test('close ends a range that is being read', async () => {
    const disk = await opened()
    await write(disk, ...Array.from({ length: 500 }, (_, index) => put(`k${index}`, Buffer.alloc(1000))))
    const snapshot = disk.snapshot()
    const begun = snapshot.range(ALL, 1000)[Symbol.asyncIterator]()
    await begun.next()
    await disk.close()
    const failure = await begun.next().catch((error: unknown) => error)
    expect.ok(failure instanceof DiskError && failure.code === 'read_failed', String(failure))
    snapshot.close()
    expect.instance(await collect(snapshot, ALL, 1).catch((error: unknown) => error), DiskError)
  })

  test('free bytes are what the file system has above the reserve, less what is being written', async () => {
    const { bavail, bsize } = statfsSync(directory)
    const disk = await opened()
    const expected = bavail * bsize - defaultLevelDiskOptions.reserveBytes
    expect.ok(Math.abs(disk.freeBytes() - expected) < 1024 ** 3, `${disk.freeBytes()} instead of about ${expected}`)
    const before = disk.freeBytes()
    const written = outcome(disk, [put('a', Buffer.alloc(1_000_000))])
    expect.is(before - disk.freeBytes(), 1_000_001)
    await written
    await disk.close()
    expect.is((await opened({ reserveBytes: bavail * bsize * 2 })).freeBytes(), 0)
  })

  test('options that contradict each other are a bug', async () => {
    await openLevelDisk(directory, { reserveBytes: 1024 }).then(() => { throw new Error('opened') }, (error: unknown) => {
      expect.match(String(error), /must hold eight write buffers/)
    })
  })
})
