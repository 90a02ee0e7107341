import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compileFiles } from './compile.js'
import { editedFiles } from './edits.js'
import type { Edit } from './mutant.js'

/** Where the program lies, in source and compiled. */
export interface Checkout {
  /** With `src`, `sim/scenarios`, `package.json` and `node_modules`. */
  readonly root: string
  /** With `src`, `protocols` and `sim`, compiled from the sources at `root`. */
  readonly compiled: string
}

/** A copy of the compiled program in a directory of its own, with the edits in it. */
export interface Planted {
  /** A `Checkout` without sources: `package.json`, `node_modules`, `dist`. */
  readonly root: string
  readonly simulator: string
  /** Deletes it. What is forgotten is deleted when the process ends. */
  remove (): void
}

const COMPILED_FOLDERS = ['src', 'protocols', 'sim']

const standing = new Set<string>()
process.on('exit', () => { for (const directory of standing) rmSync(directory, { recursive: true, force: true }) })

/** Copies what is compiled and compiles the edited files anew, alone: a second instead of the three of a whole build. */
export async function plant ({ root, compiled }: Checkout, edits: readonly Edit[]): Promise<Planted> {
  const files = editedFiles(root, edits)
  const directory = mkdtempSync(join(tmpdir(), 'gokeydb-mutant-'))
  standing.add(directory)
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true })
    standing.delete(directory)
  }
  try {
    const dist = join(directory, 'dist')
    for (const folder of COMPILED_FOLDERS) {
      cpSync(join(compiled, folder), join(dist, folder), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) })
    }
    cpSync(join(root, 'package.json'), join(directory, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
    if (files.size > 0) {
      const sources = join(directory, 'edited')
      for (const [file, text] of files) {
        mkdirSync(dirname(join(sources, file)), { recursive: true })
        writeFileSync(join(sources, file), text)
      }
      await compileFiles({ root, from: sources, files: [...files.keys()], to: dist })
    }
    return { root: directory, simulator: join(dist, 'sim', 'main.js'), remove }
  } catch (error) {
    remove()
    throw error
  }
}
