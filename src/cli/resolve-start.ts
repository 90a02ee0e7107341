import { didYouMean, isNodeName, toNodeName } from '../base/index.js'
import type { NodeName } from '../base/index.js'
import {
  checkOwnPorts, gatherProblems, nodeSettings, originOf, parseConfig, readNodeOverrides, readSecret, standaloneSettings
} from '../config/index.js'
import type { ConfigProblem, NodeNames, NodeSettings, Report } from '../config/index.js'
import type { Given, Options } from './command-line.js'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
/** The least important line that is written. */
export type LogLevel = typeof LOG_LEVELS[number]
export const LOG_LEVEL_DEFAULT: LogLevel = 'info'

/** Everything a node needs to know to start, checked. */
export interface StartSettings extends Omit<NodeSettings, 'secret'> {
  readonly secret: string | undefined
  readonly logLevel: LogLevel
}

export type StartResult =
  | { readonly ok: true, readonly settings: StartSettings }
  | { readonly ok: false, readonly problems: readonly ConfigProblem[] }

/** Reads a whole file as UTF-8, relative to the working directory. Throws where it cannot. */
export type ReadFile = (path: string) => string

/** Names listed in one message; the sample has six. */
const NAMES_SHOWN_MAX = 20
/** With a file these flags are exactly the node's own, not the keys that ports are counted up from. */
const OWN_FLAGS: readonly string[] = ['network.port', 'network.listen', 'network.announce']

/**
 * Merges flags, environment, file and defaults into what one node is to do. All problems are found together; nothing
 * is created.
 */
export function resolveStart (options: Options, readFile: ReadFile): StartResult {
  const { report, problems } = gatherProblems()
  const logLevel = readLogLevel(options.logLevel, report)
  const settings = options.config === undefined
    ? withoutFile(options, report)
    : withFile(options, options.config, readFile, report)
  if (settings !== undefined) checkOwnPorts(settings, report)
  const secret = readSecret(settings?.secret, readFile, report)
  if (problems().length > 0 || settings === undefined) return { ok: false, problems: problems() }
  return { ok: true, settings: { ...settings, secret, logLevel } }
}

function readLogLevel (given: Given | undefined, report: Report): LogLevel {
  if (given === undefined) return LOG_LEVEL_DEFAULT
  const level = LOG_LEVELS.find((known) => known === given.value)
  if (level !== undefined) return level
  report(originOf(given.source), `must be one of ${LOG_LEVELS.join(', ')}, found "${given.value}"${didYouMean(given.value, LOG_LEVELS)}`)
  return LOG_LEVEL_DEFAULT
}

function withoutFile ({ node, name, environment, flags }: Options, report: Report): NodeSettings | undefined {
  if (node !== undefined) {
    report(originOf(node.source), `names a node of a configuration file, but none is read; add --config FILE, or call this node --name ${node.value}`)
  }
  if (name !== undefined && !isNodeName(name.value)) {
    report(originOf(name.source), `must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found "${name.value}"`)
  }
  const ownName = name !== undefined && isNodeName(name.value) ? toNodeName(name.value) : undefined
  const result = standaloneSettings(ownName, [...environment, ...flags])
  if (result.ok) return result.settings
  repeat(result.problems, report)
  return undefined
}

function withFile ({ node, name, environment, flags }: Options, file: string, readFile: ReadFile, report: Report): NodeSettings | undefined {
  const own = (key: string): readonly string[] => flags.find((flag) => flag.key === key)?.texts ?? []
  const overrides = readNodeOverrides({ port: own('network.port')[0], listen: own('network.listen'), announce: own('network.announce') }, report)
  const text = readConfigFile(file, readFile, report)
  if (text === undefined) return undefined
  const parsed = parseConfig(text, file, [...environment, ...flags.filter(({ key }) => !OWN_FLAGS.includes(key))])
  if (!parsed.ok) repeat(parsed.problems, report)
  const known = parsed.named === undefined ? undefined : findNode(node, parsed.named, file, report)
  if (node === undefined && parsed.named === undefined) report(originOf('-node'), `is missing: say which node of ${file} this is`)
  if (name !== undefined && node !== undefined && name.value !== node.value) {
    report(originOf(name.source), `is "${name.value}" where -node is "${node.value}"; with a file, -node is the name`)
  }
  return parsed.ok && known !== undefined ? nodeSettings(parsed.config, known, overrides) : undefined
}

/** The text of a configuration file; undefined where it cannot be read, which is reported. */
export function readConfigFile (file: string, readFile: ReadFile, report: Report): string | undefined {
  try {
    return readFile(file)
  } catch (problem) {
    report(originOf(file), `cannot read the configuration file: ${problem instanceof Error ? problem.message : String(problem)}`)
    return undefined
  }
}

function findNode (node: Given | undefined, { names, at }: NodeNames, file: string, report: Report): NodeName | undefined {
  const shown = names.length > NAMES_SHOWN_MAX ? `${names.slice(0, NAMES_SHOWN_MAX).join(', ')}, … (${names.length} in all)` : names.join(', ')
  if (node === undefined) {
    report(originOf('-node'), `is missing: say which node of ${file} this is, one of ${shown}`)
    return undefined
  }
  const known = names.find((name) => name === node.value)
  if (known === undefined) report(at, `there is no node "${node.value}" (${node.source}); the nodes are ${shown}${didYouMean(node.value, names)}`)
  return known
}

function repeat (problems: readonly ConfigProblem[], report: Report): void {
  for (const { message, ...at } of problems) report(at, message)
}

