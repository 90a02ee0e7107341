import { toBatchNumber } from '../../src/base/index.js'
import { DiskError, GroupCommit } from '../../src/node/index.js'
import type { Disk, DiskOperation } from '../../src/node/index.js'
import { expect, suite } from '../harness.js'

/** Late enough for whatever gathers without hurry. */
const nowMs = 1000

const utf8 = (text: string): Buffer => Buffer.from(text)

/** A disk that only takes note of batches and finishes them when told to. */
class NoteDisk implements Disk {
  readonly batches: Array<readonly DiskOperation[]> = []
  readonly #done: Array<(error: DiskError | undefined) => void> = []

  get (): undefined { return undefined }
  write (operations: readonly DiskOperation[], done: (error: DiskError | undefined) => void): void {
    this.batches.push(operations)
    this.#done.push(done)
  }

  clear (): void {}
  snapshot (): never { throw new Error('not used') }
  freeBytes (): number { return 1 }

  finish (error?: DiskError): void { this.#done.shift()?.(error) }
}

function build (): { disk: NoteDisk, commit: GroupCommit, events: string[] } {
  const disk = new NoteDisk()
  const events: string[] = []
  const commit: GroupCommit = new GroupCommit(disk, toBatchNumber(7), (number) => ({ kind: 'put', key: utf8('stamp'), value: utf8(String(number)) }), (error) => {
    events.push(`flushed ${error?.code ?? 'well'}`)
    commit.complete(error)
  }, 20)
  return { disk, commit, events }
}

suite('group commit', ({ test }) => {
  test('everything of one turn is one batch that carries its own number', () => {
    const { disk, commit } = build()
    commit.put(utf8('a'), utf8('1'))
    commit.delete(utf8('b'))
    commit.afterGathering(() => {})
    commit.flush(nowMs)
    expect.is(disk.batches.length, 1)
    expect.equal(disk.batches[0]?.map((operation) => operation.key.toString()), ['a', 'b', 'stamp'])
    const stamp = disk.batches[0]?.[2]
    expect.is(stamp?.kind === 'put' && Buffer.from(stamp.value).toString(), '8')
  })

  test('while a batch is being flushed the next one gathers, and it is written after that', () => {
    const { disk, commit } = build()
    commit.put(utf8('a'), utf8('1'))
    commit.afterGathering(() => {})
    commit.flush(nowMs)
    commit.put(utf8('b'), utf8('2'))
    commit.afterGathering(() => {})
    commit.flush(nowMs)
    expect.is(disk.batches.length, 1)
    expect.is(commit.gathering, 9)
    disk.finish()
    expect.is(commit.durable, 8)
    commit.flush(nowMs)
    expect.is(disk.batches.length, 2)
  })

  test('what waits for durability is released in order, only once its own batch is durable', () => {
    const { disk, commit, events } = build()
    commit.put(utf8('a'), utf8('1'))
    commit.afterGathering(() => { events.push('first') })
    commit.flush(nowMs)
    commit.put(utf8('b'), utf8('2'))
    commit.afterGathering(() => { events.push('second') })
    commit.afterBatch(toBatchNumber(8), () => { events.push('first again') })
    expect.equal(events, [])
    disk.finish()
    expect.equal(events, ['flushed well', 'first', 'first again'])
    commit.flush(nowMs)
    disk.finish()
    expect.equal(events.slice(3), ['flushed well', 'second'])
  })

  test('what asks for a batch that is durable already goes on at once', () => {
    const { commit, events } = build()
    commit.afterBatch(toBatchNumber(7), () => { events.push('now') })
    expect.equal(events, ['now'])
  })

  test('a failed flush releases nothing, and nothing is written after it', () => {
    const { disk, commit, events } = build()
    commit.put(utf8('a'), utf8('1'))
    commit.afterGathering(() => { events.push('released') })
    commit.flush(nowMs)
    commit.put(utf8('b'), utf8('2'))
    commit.afterGathering(() => { events.push('released') })
    disk.finish(new DiskError('write_failed', 'planted'))
    commit.flush(nowMs)
    commit.afterBatch(toBatchNumber(9), () => { events.push('released') })
    expect.equal(events, ['flushed write_failed'])
    expect.is(disk.batches.length, 1)
    expect.is(commit.failure?.code, 'write_failed')
    expect.is(commit.durable, 7)
  })

  test('what nobody waits for rides along with the next batch somebody waits for, or goes by itself after a while', () => {
    const { disk, commit, events } = build()
    commit.put(utf8('applied'), utf8('1'))
    commit.whenGathered(() => { events.push('applied is durable') })
    commit.flush(nowMs)
    commit.flush(nowMs + 5)
    expect.is(disk.batches.length, 0)
    commit.put(utf8('log'), utf8('2'))
    commit.afterGathering(() => { events.push('log is durable') })
    commit.flush(nowMs + 6)
    expect.is(disk.batches.length, 1)
    disk.finish()
    expect.equal(events, ['flushed well', 'applied is durable', 'log is durable'])
    commit.put(utf8('applied'), utf8('2'))
    commit.flush(nowMs + 10)
    expect.is(disk.batches.length, 1)
    expect.is(commit.nextDeadlineMs, nowMs + 30)
    commit.flush(nowMs + 30)
    expect.is(disk.batches.length, 2)
  })

  test('an idle commit writes nothing', () => {
    const { disk, commit } = build()
    commit.flush(nowMs)
    expect.is(disk.batches.length, 0)
    expect.ok(commit.idle)
  })
})
