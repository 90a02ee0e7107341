import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCompiler } from './compile.js'
import { editedFiles } from './edits.js'
import { editsOf } from './mutant.js'
import type { Mutant } from './mutant.js'

/** What the compiler says about the types of one mutant. */
export interface TypeProblem {
  readonly mutant: Mutant
  readonly text: string
}

/**
 * Checks the types of all mutants, as many at a time as change different files. That something is not used any more is
 * no problem of a mutant.
 */
export async function checkTypes (root: string, mutants: readonly Mutant[], done: (count: number) => void): Promise<readonly TypeProblem[]> {
  const problems: TypeProblem[] = []
  let count = 0
  for (const round of roundsOf(mutants)) {
    const directory = mkdtempSync(join(tmpdir(), 'gokeydb-types-'))
    try {
      for (const folder of ['src', 'protocols', 'package.json']) cpSync(join(root, folder), join(directory, folder), { recursive: true })
      symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
      writeFileSync(join(directory, 'tsconfig.json'), typesOnly(readFileSync(join(root, 'tsconfig.json'), 'utf8')))
      for (const mutant of round) {
        for (const [file, text] of editedFiles(root, editsOf(mutant))) writeFileSync(join(directory, file), text)
      }
      const { code, output } = await runCompiler(directory, ['-p', 'tsconfig.json'])
      const found = output.split('\n').filter((line) => / error TS\d+: /.test(line))
      for (const line of found) {
        const mutant = round.find((each) => editsOf(each).some(({ file }) => line.startsWith(`${file}(`)))
        if (mutant === undefined) throw new Error(`an error outside every edited file: ${line}`)
        problems.push({ mutant, text: line })
      }
      if (code !== 0 && found.length === 0) throw new Error(`the compiler ended with ${code}:\n${output}`)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
    count += round.length
    done(count)
  }
  return problems
}

/** Mutants of one round change different files, so that every error has one cause. */
function roundsOf (mutants: readonly Mutant[]): Mutant[][] {
  const rounds: Array<{ readonly mutants: Mutant[], readonly files: Set<string> }> = []
  for (const mutant of mutants) {
    const files = editsOf(mutant).map(({ file }) => file)
    let round = rounds.find((each) => files.every((file) => !each.files.has(file)))
    if (round === undefined) rounds.push(round = { mutants: [], files: new Set() })
    round.mutants.push(mutant)
    for (const file of files) round.files.add(file)
  }
  return rounds.map((round) => round.mutants)
}

function typesOnly (config: string): string {
  const { compilerOptions } = JSON.parse(config) as { readonly compilerOptions: Readonly<Record<string, unknown>> }
  const unwanted = new Set(['outDir', 'declaration', 'sourceMap', 'incremental', 'tsBuildInfoFile'])
  const kept = Object.entries(compilerOptions).filter(([name]) => !unwanted.has(name))
  return JSON.stringify({
    compilerOptions: { ...Object.fromEntries(kept), noEmit: true, noUnusedLocals: false, noUnusedParameters: false },
    include: ['src', 'protocols']
  })
}
