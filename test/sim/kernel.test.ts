import { guarded, LeakError } from '../../sim/kernel/guards.js'
import { TraceHash } from '../../sim/kernel/trace-hash.js'
import { expect, suite } from '../harness.js'

const LEAKS: Readonly<Record<string, () => unknown>> = {
  'Date.now': () => Date.now(),
  'new Date': () => new Date(),
  'performance.now': () => performance.now(),
  'process.hrtime': () => process.hrtime(),
  'Math.random': () => Math.random(),
  'crypto.randomUUID': () => crypto.randomUUID(),
  'crypto.getRandomValues': () => crypto.getRandomValues(new Uint8Array(1)),
  setTimeout: () => setTimeout(() => {}, 0),
  setInterval: () => setInterval(() => {}, 1000)
}

suite('what makes a run replayable', ({ test }) => {
  for (const [name, leak] of Object.entries(LEAKS)) {
    test(`${name} throws inside a run and works again after it`, () => {
      expect.throws(() => guarded(leak), (error: unknown) => error instanceof LeakError)
      const after = leak()
      if (name === 'setInterval' || name === 'setTimeout') clearTimeout(after as NodeJS.Timeout)
    })
  }

  test('a date made from a number is no clock', () => {
    expect.is(guarded(() => new Date(0).toISOString()), '1970-01-01T00:00:00.000Z')
  })

  test('an error inside a run lifts the guards all the same', () => {
    expect.throws(() => guarded(() => { throw new Error('inside') }), /inside/)
    expect.ok(Date.now() > 0)
  })

  test('the trace hash depends on every value, its place and its kind', () => {
    const digests = [
      hash((trace) => { trace.number(1); trace.number(2) }),
      hash((trace) => { trace.number(2); trace.number(1) }),
      hash((trace) => { trace.number(1) }),
      hash((trace) => { trace.number(2 ** 32 + 1) }),
      hash((trace) => { trace.bytes(Buffer.from([1, 2, 3, 4, 5])) }),
      hash((trace) => { trace.bytes(Buffer.from([1, 2, 3, 4, 6])) }),
      hash((trace) => { trace.bytes(Buffer.from([1, 2, 3, 5, 5])) }),
      hash((trace) => { trace.bytes(Buffer.alloc(5)) }),
      hash((trace) => { trace.bytes(Buffer.alloc(6)) }),
      hash((trace) => { trace.text('ab') }),
      hash((trace) => { trace.text('ba') }),
      hash(() => {})
    ]
    expect.is(new Set(digests).size, digests.length)
  })

  test('the trace hash is the same on every engine', () => {
    expect.is(hash((trace) => { for (let i = 0; i < 1000; i++) { trace.number(i * 0x12345678); trace.bytes(Buffer.from(`frame ${i}`)) } }), 'fb5874a70a1f4853')
  })
})

function hash (fill: (trace: TraceHash) => void): string {
  const trace = new TraceHash()
  fill(trace)
  return trace.digest()
}
