import { formatProblem, parseConfig } from '../../src/config/index.js'
import type { ClusterConfig, KeyOverride } from '../../src/config/index.js'

/** The file of the original system, word for word (DESIGN.md section 2). */
export const SAMPLE = `cluster:
  nodes: 4 # Number of nodes (must be a power of 2)
  master_slaves:
    - master: node1
      slaves: [node2, node3]
    - master: node4
      slaves: [node5, node6]

storage:
  path: /data/gokeydb
network:
  port: 8080
  bind_ip: 0.0.0.0
`

/** A right file, or the test fails with what is wrong with it. */
export function parseRight (text: string, overrides: readonly KeyOverride[] = []): ClusterConfig {
  const result = parseConfig(text, 'c.yaml', overrides)
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'))
  return result.config
}

/** What is wrong with a file, one `line:column message` each. */
export function problemsOf (text: string, overrides: readonly KeyOverride[] = []): string[] {
  const result = parseConfig(text, 'c.yaml', overrides)
  return result.ok ? [] : result.problems.map(({ source, line, column, message }) => line === undefined ? `${source} ${message}` : `${line}:${column ?? '?'} ${message}`)
}
