import { Prng } from '../../src/base/index.js'

/**
 * Chance without a sequence: what is drawn depends on the seed, the number of the event and what it is drawn for, and on
 * nothing that was drawn before. So one event more or less, or one kind of fault more or less, shifts no other choice.
 * murmur3's finaliser twice over two seeded words; integers only.
 */
export class KeyedChance {
  readonly #a: number
  readonly #b: number

  /** @param seed names what the chance is for; equal seeds give equal choices */
  constructor (seed: string) {
    const seeding = new Prng(seed)
    this.#a = seeding.uint32()
    this.#b = seeding.uint32()
  }

  /** Uniform in 0 … 2^32 - 1. `event` counts below 2^32; `purpose` is a small number that tells the choices of an event apart. */
  uint32 (event: number, purpose: number): number {
    const mixed = finish(Math.imul(event, 0x9e3779b1) ^ this.#a)
    return finish(mixed ^ Math.imul(purpose + 1, 0x85ebca6b) ^ this.#b)
  }

  /** True once in `count` events on average; never where `count` is 0. */
  oneIn (count: number, event: number, purpose: number): boolean {
    return count > 0 && Math.floor(this.uint32(event, purpose) / 0x100000000 * count) === 0
  }
}

function finish (word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return (word ^ (word >>> 16)) >>> 0
}

/** Steps of the table of quantiles, and the bits that choose one. */
const STEPS = 256
const STEP_BITS = 8
/** What 1 is in the table, and in the fraction between two of its steps. */
const UNIT = 65_536

/** -ln(1 - i / 256) in units of 2^-16, up to i = 255: the quantiles of the exponential distribution. */
const EXPONENTIAL: Int32Array = quantiles()
/** ln 256: the exponential distribution beyond the table is the same again from there (it has no memory). */
const BEYOND = EXPONENTIAL[STEPS - 1] as number

/** Exponentially distributed with this mean (below 2^31, so that all is exact), as the uniform `random` of 32 bits has it. */
export function exponential (mean: number, random: number): number {
  let total = 0
  let rest = random
  for (let level = 0; level < 32 / STEP_BITS; level++) {
    const step = rest >>> (32 - STEP_BITS)
    rest = (rest << STEP_BITS) >>> 0
    if (step < STEPS - 1) {
      const low = EXPONENTIAL[step] as number
      const fraction = rest >>> 16
      total += low + Math.floor(((EXPONENTIAL[step + 1] as number) - low) * fraction / UNIT)
      break
    }
    total += BEYOND
  }
  return Math.floor(mean * total / UNIT)
}

const TAIL_BITS = 12
/** The square root of how many times longer the longest is than the shortest. */
const TAIL_ROOT = 8

/**
 * Heavy-tailed from `max` / 64 to `max`: Pareto with exponent 1/2, cut off there. Half is below `max` / 20, one in 17
 * above `max` / 2. `max` is below 2^29, so that all is exact.
 */
export function heavyTail (max: number, random: number): number {
  const unit = 2 ** TAIL_BITS
  const divisor = TAIL_ROOT * unit - (TAIL_ROOT - 1) * (random >>> (32 - TAIL_BITS))
  return Math.floor(max * unit * unit / (divisor * divisor))
}

function quantiles (): Int32Array {
  const table = new Int32Array(STEPS)
  for (let step = 0; step < STEPS; step++) table[step] = Math.round(UNIT * logOfRatio(STEPS, STEPS - step))
  return table
}

/**
 * ln(above / below) for integers: the sum of ln(k / (k - 1)), each by its series in 1 / (2k - 1). Addition and division
 * alone, which every engine rounds in the same way; `Math.log` is not.
 */
function logOfRatio (above: number, below: number): number {
  let sum = 0
  for (let k = below + 1; k <= above; k++) {
    const odd = 1 / (2 * k - 1)
    let power = odd
    for (let exponent = 1; exponent < 60; exponent += 2) {
      sum += 2 * power / exponent
      power *= odd * odd
    }
  }
  return sum
}
