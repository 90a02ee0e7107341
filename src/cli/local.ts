import { gatherProblems, originOf, parseConfig } from '../config/index.js'
import type { ConfigProblem } from '../config/index.js'
import type { Options } from './command-line.js'
import { readConfigFile, resolveStart } from './resolve-start.js'
import type { ReadFile, StartSettings } from './resolve-start.js'

/** What `local` runs: one process per node. */
export interface LocalNode {
  readonly name: string
  readonly dataDirectory: string
  /** What follows the path of the program: `-config=… -node=…` and what else was asked for. */
  readonly args: readonly string[]
}

export type LocalResult =
  | { readonly ok: true, readonly nodes: readonly LocalNode[] }
  | { readonly ok: false, readonly problems: readonly ConfigProblem[] }

/** Checks the file for all of its nodes before the first is started. */
export function resolveLocal (options: Options, readFile: ReadFile): LocalResult {
  const { report, problems } = gatherProblems()
  const file = options.config ?? ''
  const text = readConfigFile(file, readFile, report)
  if (text === undefined) return { ok: false, problems: problems() }
  const parsed = parseConfig(text, file, [...options.environment, ...options.flags])
  if (!parsed.ok) return { ok: false, problems: parsed.problems }

  const all: StartSettings[] = []
  const found = new Map<string, ConfigProblem>()
  for (const { name } of parsed.config.nodes) {
    const result = resolveStart({ ...options, node: { value: name, source: '-node' } }, readFile)
    if (result.ok) all.push(result.settings)
    else for (const problem of result.problems) found.set(JSON.stringify(problem), problem)
  }
  if (found.size > 0) return { ok: false, problems: [...found.values()] }
  const clash = firstClash(all)
  if (clash !== undefined) {
    report(originOf(file), `"local" runs all nodes on this machine, but network.hosts gives HTTP port ${clash} to several, each on its own; start them there with -node, or leave network.hosts out`)
    return { ok: false, problems: problems() }
  }
  const passed = options.flags.flatMap(({ source, texts }) => texts.map((each) => `${source}=${each}`))
  const level = options.logLevel === undefined ? [] : [`--log-level=${options.logLevel.value}`]
  return {
    ok: true,
    nodes: all.map(({ name = '', dataDirectory }) => ({ name, dataDirectory, args: [`-config=${file}`, `-node=${name}`, ...passed, ...level] }))
  }
}

/** A port that two nodes would both want here although their file puts them on different machines. */
function firstClash (all: readonly StartSettings[]): number | undefined {
  const seen = new Set<number>()
  for (const { httpPort } of all) {
    if (httpPort !== 0 && seen.has(httpPort)) return httpPort
    seen.add(httpPort)
  }
  return undefined
}
