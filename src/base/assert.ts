/** A broken assertion is a bug in this program; the process must stop. Never thrown for what a peer, client or disk did. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Stops the program where `condition` is false. Kept on in production. */
export function assert (condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Closes a switch over a union: a new variant breaks the build here. */
export function unreachable (value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
