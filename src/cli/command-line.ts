import { parseArgs } from 'node:util'
import { didYouMean } from '../base/index.js'
import { originOf } from '../config/index.js'
import type { ConfigProblem, KeyOverride } from '../config/index.js'
import { flagTable, overridableKeys } from './flags.js'
import type { Environment, FlagName } from './flags.js'
import { nodeUrl } from './members.js'

/** A value and the flag or environment variable that gave it. */
export interface Given {
  readonly value: string
  readonly source: string
}

/** What a command line and the environment ask for; values are still text. */
export interface Options {
  readonly config: string | undefined
  readonly node: Given | undefined
  readonly name: Given | undefined
  readonly logLevel: Given | undefined
  /** What the environment says of keys of the file. */
  readonly environment: readonly KeyOverride[]
  /** What flags say of keys of the file. */
  readonly flags: readonly KeyOverride[]
}

export type Command =
  | { readonly kind: 'start', readonly options: Options }
  | { readonly kind: 'local', readonly options: Options }
  /** `url`: of the node to ask. */
  | { readonly kind: 'members', readonly url: string }
  /** `url`: of the node to ask; `member`: who shall go, undefined: that node. */
  | { readonly kind: 'leave', readonly url: string, readonly member: string | undefined }
  /** Everything behind `sim` is the simulator's to read. */
  | { readonly kind: 'sim', readonly args: readonly string[] }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

/** The command line makes no sense: show the problems and exit with 2. */
export interface UsageError {
  readonly kind: 'usage-error'
  readonly problems: readonly ConfigProblem[]
}

const COMMANDS = ['start', 'local', 'members', 'scale', 'leave', 'sim'] as const
const PENDING: readonly string[] = ['scale']
/** Flags that `local` passes on to all nodes; the others concern one node. */
const LOCAL_FLAGS: readonly string[] = ['config', 'data', 'partitions', 'bind', 'secret-file', 'log-level', 'help', 'version']

/** @param argv what follows the program's name */
export function parseCommandLine (argv: readonly string[], env: Environment): Command | UsageError {
  const first = argv[0]
  if (first !== undefined && PENDING.includes(first)) return usageError([problem(first, 'not implemented yet')])
  if (first === 'sim') return { kind: 'sim', args: argv.slice(1) }
  const problems: ConfigProblem[] = []
  const { given, words } = readTokens(argv, problems)
  if (given.has('help')) return { kind: 'help' }
  if (given.has('version')) return { kind: 'version' }
  const [command = 'start', ...extra] = words
  if (command === 'members') return readMembers(given, extra, problems)
  if (command === 'leave') return readLeave(given, extra, problems)
  if (problems.length === 0) problems.push(...checkWords(command, extra))
  if (command === 'local') {
    for (const name of given.keys()) {
      if (!LOCAL_FLAGS.includes(name)) problems.push(problem(`--${name}`, 'concerns one node, and "local" runs all of them'))
    }
    if (!given.has('config')) problems.push(problem('local', 'needs the configuration file of the cluster to run: --config FILE'))
  }
  if (problems.length > 0) return usageError(problems)
  return { kind: command === 'local' ? 'local' : 'start', options: readOptions(given, env) }
}

type GivenFlags = ReadonlyMap<string, readonly string[]>

function readTokens (argv: readonly string[], problems: ConfigProblem[]): { readonly given: GivenFlags, readonly words: readonly string[] } {
  const options = Object.fromEntries([...flagTable].map(([name, flag]) => [name, { type: flag.value === undefined ? 'boolean' as const : 'string' as const, multiple: true }]))
  const { tokens } = parseArgs({ args: normalise(argv), options: { ...options, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } }, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, string[]>()
  const words: string[] = []
  const unknown = new Set<number>() // `-p8080` is one unknown option, not five
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const flag = flagTable.get(token.name)
    const typed = argv[token.index]?.replace(/=.*$/s, '') ?? token.rawName
    if (flag === undefined) {
      if (!unknown.has(token.index)) problems.push(problem(typed, `unknown option${didYouMean(token.name, flagTable.keys(), '--')}`))
      unknown.add(token.index)
    } else if (flag.value === undefined) {
      if (token.value === undefined) given.set(token.name, [])
      else problems.push(problem(typed, 'takes no value'))
    } else if (token.value === undefined || token.value === '' || (!token.inlineValue && /^-./.test(token.value))) {
      problems.push(problem(typed, `needs a value: --${token.name}=${flag.value}`))
    } else {
      const values = given.get(token.name) ?? []
      if (values.length > 0 && flag.repeats === undefined) problems.push(problem(typed, 'is given twice; keep one'))
      given.set(token.name, [...values, token.value])
    }
  }
  return { given, words }
}

/** Go's flags: one dash before a word is as good as two. `parseArgs` would take `-config` for `-c onfig`. */
function normalise (argv: readonly string[]): string[] {
  const end = argv.indexOf('--')
  return argv.map((arg, index) => /^-[A-Za-z][A-Za-z]/.test(arg) && (end < 0 || index < end) ? `-${arg}` : arg)
}

function readMembers (given: GivenFlags, [address, ...extra]: readonly string[], problems: ConfigProblem[]): Command | UsageError {
  for (const name of given.keys()) problems.push(problem(`--${name}`, 'says how a node starts; "members" takes the HTTP address of one that runs: gokeydb members HOST:PORT'))
  for (const word of extra) problems.push(problem(word, '"members" asks one node'))
  const url = nodeUrl(address)
  if (url === undefined) problems.push(problem(address ?? '', 'not an HTTP address; write HOST:PORT, PORT or http://HOST:PORT'))
  return problems.length > 0 || url === undefined ? usageError(problems) : { kind: 'members', url }
}

/** `leave [HOST:PORT] [-node=NAME]`. */
function readLeave (given: GivenFlags, [address, ...extra]: readonly string[], problems: ConfigProblem[]): Command | UsageError {
  for (const name of given.keys()) {
    if (name !== 'node') problems.push(problem(`--${name}`, 'says how a node starts; "leave" takes the HTTP address of one that runs, and -node=NAME if another one shall go: gokeydb leave HOST:PORT'))
  }
  for (const word of extra) problems.push(problem(word, '"leave" asks one node'))
  const url = nodeUrl(address)
  if (url === undefined) problems.push(problem(address ?? '', 'not an HTTP address; write HOST:PORT, PORT or http://HOST:PORT'))
  return problems.length > 0 || url === undefined ? usageError(problems) : { kind: 'leave', url, member: given.get('node')?.[0] }
}

function checkWords (command: string, extra: readonly string[]): ConfigProblem[] {
  if (PENDING.includes(command)) return [problem(command, 'not implemented yet')]
  if (command === 'sim') return [problem(command, 'comes first: gokeydb sim [options]')]
  if (!COMMANDS.some((known) => known === command)) {
    return [problem(command, `unknown command; the commands are start (the default), local, members, leave and sim${didYouMean(command, COMMANDS)}`)]
  }
  return extra.map((word) => problem(word, `"${command}" takes options only`))
}

function readOptions (given: GivenFlags, env: Environment): Options {
  const one = (name: FlagName): Given | undefined => {
    const value = given.get(name)?.[0]
    if (value !== undefined) return { value, source: `--${name}` }
    const variable = flagTable.get(name)?.variable
    const set = variable === undefined ? undefined : env[variable]
    return variable === undefined || set === undefined || set === '' ? undefined : { value: set, source: variable }
  }
  const environment = overridableKeys.flatMap(({ key, variable, list }): KeyOverride[] => {
    const value = env[variable]
    if (value === undefined || value.trim() === '') return []
    return [{ key, source: variable, rank: 1, texts: list ? value.split(',').map((item) => item.trim()).filter((item) => item !== '') : [value] }]
  })
  const flags = [...given].flatMap(([name, texts]): KeyOverride[] => {
    const key = flagTable.get(name)?.key
    return key === undefined ? [] : [{ key, source: `--${name}`, rank: 2, texts }]
  })
  return { config: one('config')?.value, node: one('node'), name: one('name'), logLevel: one('log-level'), environment, flags }
}

const problem = (source: string, message: string): ConfigProblem => ({ ...originOf(source), message })

const usageError = (problems: readonly ConfigProblem[]): UsageError => ({ kind: 'usage-error', problems })
