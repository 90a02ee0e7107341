import type { SecretSource } from './keys.js'
import type { Report } from './problem.js'
import type { Field } from './reader.js'
import { SECRET_SIZE_MAX } from './schema.js'

/**
 * The cluster's secret, from its own file where the configuration says so; one line break at the end of that file does
 * not belong to it. Undefined where there is none, or where it could not be read (which is reported).
 */
export function readSecret (source: Field<SecretSource> | undefined, readFile: (path: string) => string, report: Report): string | undefined {
  if (source === undefined) return undefined
  if (source.value.kind === 'text') return source.value.text
  const { path } = source.value
  let text: string
  try {
    text = readFile(path)
  } catch (problem) {
    report(source.at, `cannot read the secret file "${path}": ${problem instanceof Error ? problem.message : String(problem)}`)
    return undefined
  }
  const secret = text.replace(/\r?\n$/, '')
  if (secret.length >= 1 && secret.length <= SECRET_SIZE_MAX) return secret
  report(source.at, secret === '' ? `the secret file "${path}" is empty` : `the secret file "${path}" holds ${secret.length} characters; at most ${SECRET_SIZE_MAX} are allowed`)
  return undefined
}
