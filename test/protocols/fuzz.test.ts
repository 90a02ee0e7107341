import { DecodeError, Prng } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'
import type { CodecCase } from './codecs.js'
import { codecCases } from './codecs.js'
import { mutate } from './mutate.js'

const FRAME_MUTANTS = 20_000
const RECORD_MUTANTS = 5000
const BASES = 120
/** Mutants are built from bases no longer than this, so that damages meet fields and not payloads. */
const BASE_SIZE_BYTES_MAX = 2500

function basesOf (codec: CodecCase): Buffer[] {
  const bases: Buffer[] = []
  codec.each(7, BASES, ({ bytes }) => { if (bytes.length > 0 && bytes.length <= BASE_SIZE_BYTES_MAX) bases.push(bytes) })
  return bases
}

suite('damaged bytes', ({ test, before }) => {
  // Most of the time would go into the stacks of a hundred thousand refusals.
  before(() => { Error.stackTraceLimit = 3 })

  for (const codec of codecCases) {
    const mutants = codec.name.endsWith('Frame') ? FRAME_MUTANTS : RECORD_MUTANTS
    test(`${codec.name}: ${mutants} damaged ones decode to something legal or throw a DecodeError, soon`, () => {
      const seed = `damaged ${codec.name}`
      const prng = new Prng(seed)
      const bases = basesOf(codec)
      let refused = 0
      let slowestMs = 0
      for (let i = 0; i < mutants; i++) {
        const base = bases[prng.below(bases.length)] as Buffer
        const other = bases[prng.below(bases.length)] as Buffer
        const mutant = mutate(prng, base, other)
        const where = (): string => `seed "${seed}", mutant ${i}: ${mutant.toString('hex')}`
        const startMs = performance.now()
        try {
          codec.decode(mutant)
        } catch (error) {
          if (!(error instanceof DecodeError)) throw new Error(where(), { cause: error })
          refused++
          continue
        } finally {
          slowestMs = Math.max(slowestMs, performance.now() - startMs)
        }
        // What was accepted is a legal value: our own encoder takes it without an assertion, and it means the same again.
        const [once, again] = codec.again(mutant)
        if (!once.equals(again)) expect.unreachable(where())
      }
      expect.ok(refused > mutants / 10, `only ${refused} of ${mutants} were refused`)
      expect.ok(refused < mutants * 0.99, `${refused} of ${mutants} were refused: the bases are not legal`)
      expect.ok(slowestMs < 2000, `the slowest took ${slowestMs} ms`)
    }, { limitMs: 60_000 })
  }
})
