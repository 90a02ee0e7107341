import { expect } from '../harness.js'

/** The value with every byte array as text, so that a view, a copy and a Buffer of the same bytes are the same. */
export function comparable (value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, comparable(each)]))
  }
  return value
}

/** Fails where two values differ in anything but the class of their byte arrays. */
export function expectSame (actual: unknown, expected: unknown, message?: string): void {
  expect.equal(comparable(actual), comparable(expected), message)
}
