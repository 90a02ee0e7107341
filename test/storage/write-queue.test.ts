import { DiskError } from '../../src/node/ports.js'
import type { DiskOperation } from '../../src/node/ports.js'
import { WriteQueue } from '../../src/storage/write-queue.js'
import type { WriteTarget } from '../../src/storage/write-queue.js'
import { expect, suite } from '../harness.js'
import { put, range } from './conformance.js'

/** A target whose batch number `failing` fails, and only that one, as LevelDB does after a torn log record. */
class FlakyTarget implements WriteTarget {
  readonly written: string[] = []
  readonly #failing: number
  cursorsClosed = 0
  running = 0
  runningMax = 0
  #count = 0

  constructor (failing: number) {
    this.#failing = failing
  }

  async write (operations: readonly DiskOperation[]): Promise<void> {
    this.runningMax = Math.max(this.runningMax, ++this.running)
    await Promise.resolve()
    this.running--
    if (++this.#count === this.#failing) throw new Error('IO error: No space left on device')
    this.written.push(operations.map(({ kind, key }) => `${kind} ${Buffer.from(key).toString()}`).join())
  }

  openKeys (): { next (): Promise<Uint8Array[]>, close (): Promise<void> } {
    const chunks = [[Buffer.from('k1')], [Buffer.from('k2')]]
    return {
      next: () => Promise.resolve(chunks.shift() ?? []),
      close: () => {
        this.cursorsClosed++
        return Promise.resolve()
      }
    }
  }
}

suite('WriteQueue', ({ test }) => {
  const tellInto = (told: string[], name: string) => (error: DiskError | undefined): void => { told.push(`${name} ${error?.code ?? 'durable'}`) }
  const call = (queue: WriteQueue, told: string[], ...names: string[]): void => {
    for (const name of names) queue.write([put(name, '')], tellInto(told, name))
  }
  const idle = async (queue: WriteQueue): Promise<void> => {
    await new Promise((resolve) => { setImmediate(resolve) })
    await queue.close(new DiskError('write_failed', 'closed'))
  }

  test('never runs two writes at once', async () => {
    const target = new FlakyTarget(0)
    const queue = new WriteQueue(target)
    call(queue, [], 'a', 'b', 'c')
    await idle(queue)
    expect.is(target.runningMax, 1)
    expect.equal(target.written, ['put a', 'put b', 'put c'])
  })

  test('after one failure nothing is written, although the target would', async () => {
    const target = new FlakyTarget(2)
    const queue = new WriteQueue(target)
    const told: string[] = []
    call(queue, told, 'a', 'b', 'c')
    queue.clear(range('k', 'l'), tellInto(told, 'clear'))
    await new Promise((resolve) => { setImmediate(resolve) })
    call(queue, told, 'd')
    expect.equal(told, ['a durable', 'b full', 'c full', 'clear full'], 'and nobody is told inside the call')
    await idle(queue)
    expect.is(told.at(-1), 'd full')
    expect.equal(target.written, ['put a'])
  })

  test('a failure in a clear fails it and all that waits, in the order of the calls, and gives up its cursor', async () => {
    const target = new FlakyTarget(1)
    const queue = new WriteQueue(target)
    const told: string[] = []
    queue.clear(range('k', 'l'), tellInto(told, 'clear'))
    call(queue, told, 'a', 'k5')
    await idle(queue)
    expect.equal(told, ['clear full', 'a full', 'k5 full'])
    expect.is(target.cursorsClosed, 1)
  })

  test('a failed write that had overtaken a clear fails after it', async () => {
    const target = new FlakyTarget(2)
    const queue = new WriteQueue(target)
    const told: string[] = []
    queue.clear(range('k', 'l'), tellInto(told, 'clear'))
    call(queue, told, 'a', 'b')
    await idle(queue)
    expect.equal(target.written, ['delete k1'])
    expect.equal(told, ['clear full', 'a full', 'b full'])
  })

  test('a write into the range waits for the clear, and later ones behind it', async () => {
    const target = new FlakyTarget(0)
    const queue = new WriteQueue(target)
    const told: string[] = []
    queue.clear(range('k', 'l'), tellInto(told, 'clear'))
    call(queue, told, 'k2', 'z')
    await idle(queue)
    expect.equal(target.written, ['delete k1', 'delete k2', 'put k2', 'put z'])
    expect.equal(told, ['clear durable', 'k2 durable', 'z durable'])
    expect.is(target.cursorsClosed, 1)
  })
})
