import { DiskError } from '../node/ports.js'
import type { DiskErrorCode } from '../node/ports.js'

/** How the operating systems say that a disk is full or a quota used up, inside LevelDB's text or as a Node.js code. */
const FULL = /no space left|disk quota exceeded|not enough space|ENOSPC|EDQUOT/i

/** The code and text of what `level`, Node.js or both in turn threw, outermost first. */
function causes (thrown: unknown): Array<{ readonly code: string, readonly message: string }> {
  const found: Array<{ readonly code: string, readonly message: string }> = []
  for (let error = thrown; error instanceof Error && found.length < 8; error = error.cause) {
    found.push({ code: 'code' in error && typeof error.code === 'string' ? error.code : '', message: error.message })
  }
  return found
}

/** What a person should read: the innermost reason is the one that says something. */
export function describeCause (thrown: unknown): string {
  return causes(thrown).at(-1)?.message ?? String(thrown)
}

/** Whether `thrown` or what caused it carries this code of `level` or Node.js. */
export function hasCode (thrown: unknown, code: string): boolean {
  return causes(thrown).some((cause) => cause.code === code)
}

/**
 * Classifies what `level` or the file system threw.
 * @param otherwise the code where it is neither damage nor a full disk
 */
export function toDiskError (thrown: unknown, otherwise: DiskErrorCode, action: string): DiskError {
  if (thrown instanceof DiskError) return thrown
  const all = causes(thrown)
  let code = otherwise
  if (all.some((cause) => cause.code === 'LEVEL_CORRUPTION')) code = 'corrupt'
  else if (all.some((cause) => FULL.test(cause.code) || FULL.test(cause.message))) code = 'full'
  return new DiskError(code, `${action}: ${describeCause(thrown)}`, { cause: thrown })
}
