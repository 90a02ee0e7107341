import { randomBytes } from 'node:crypto'

/** Monotonic milliseconds with a fraction, since the process started: for deadlines and intervals, never shown to people. */
export const nowMs = (): number => performance.now()

/** Wall-clock milliseconds since 1970; may jump. For people and logs, never for decisions. */
export const wallMs = (): number => Date.now()

/** 128 bits that nobody else has, as 32 lower-case hex digits: seeds a `Prng`, and has the form of a cluster id. */
export const randomSeed = (): string => randomBytes(16).toString('hex')
