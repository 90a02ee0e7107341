import { execFile } from 'node:child_process'
import { join } from 'node:path'

/** ms for one run of the compiler. */
const COMPILER_MS_MAX = 120_000
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024

/** Rids single files of their types without a look at any other: all that is compiled here is erasable syntax. */
export async function compileFiles (
  { root, from, files, to }: { readonly root: string, readonly from: string, readonly files: readonly string[], readonly to: string }
): Promise<void> {
  const { code, output } = await runCompiler(root, [
    '--ignoreConfig', '--noCheck', '--noResolve', '--lib', 'es5', '--types', '', '--target', 'es2023', '--module', 'nodenext', '--verbatimModuleSyntax',
    '--rootDir', from, '--outDir', to, ...files.map((file) => join(from, file))
  ])
  if (code !== 0) throw new Error(`${files.join(', ')} could not be compiled:\n${output}`)
}

/** The compiler's exit code and all it printed. */
export async function runCompiler (root: string, args: readonly string[]): Promise<{ readonly code: number, readonly output: string }> {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [compiler, ...args], { cwd: root, timeout: COMPILER_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, output: stdout + stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, output: stdout + stderr })
      else reject(new Error(`the compiler could not be run: ${error.message}`, { cause: error }))
    })
  })
}
