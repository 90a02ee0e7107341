import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Edit } from './mutant.js'

/**
 * The file's text after an edit.
 * @throws {Error} where `find` does not occur exactly once: the source has changed, and the edit must follow it
 */
export function edited (source: string, { file, find, replace }: Edit): string {
  const pieces = source.split(find)
  if (pieces.length !== 2) throw new Error(`${file} contains the text to replace ${pieces.length - 1} times, not once:\n${find}`)
  return pieces.join(replace)
}

/** The texts of all files that the edits change, by path. Later edits of a file see what earlier ones made of it. */
export function editedFiles (root: string, edits: readonly Edit[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const edit of edits) files.set(edit.file, edited(files.get(edit.file) ?? readFileSync(join(root, edit.file), 'utf8'), edit))
  return files
}
