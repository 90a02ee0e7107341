import type { Row } from './metrics.js'

const HEADINGS = ['metric', 'published', 'owed', 'measured', ''] as const

const cellsOf = (row: Row): string[] => [row.metric, row.published, row.owed, row.measured, verdictOf(row.isKept)]

const verdictOf = (isKept: boolean | undefined): string => isKept === undefined ? '' : isKept ? 'ok' : 'NOT'

/** Rows under each other, in columns. */
export function alignedTable (rows: readonly Row[]): string {
  const lines = [[...HEADINGS], ...rows.map(cellsOf)]
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  return lines.map((cells) => `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('')
}

/** The same for `src/membership/DESIGN.md`, each row with its workload. */
export function markdownRows (id: string, rows: readonly Row[]): string {
  return rows.map((row) => `| ${[id, ...cellsOf(row)].join(' | ')} |\n`).join('')
}

export const MARKDOWN_HEAD = `| workload | ${HEADINGS.slice(0, 4).join(' | ')} | |\n| --- | --- | --- | --- | --- | --- |\n`
