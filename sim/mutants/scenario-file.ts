import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where scenarios lie: those that only a mutant needs have a folder of their own. */
const FOLDERS = ['sim/scenarios', 'sim/mutants/scenarios']

/** The file of a scenario by its name; a path to nothing where there is none. */
export function scenarioFile (root: string, name: string): string {
  const paths = FOLDERS.map((folder) => join(root, folder, `${name}.yaml`))
  return paths.find((path) => existsSync(path)) ?? join(root, 'sim', 'scenarios', `${name}.yaml`)
}
