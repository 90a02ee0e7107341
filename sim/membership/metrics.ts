import { assert } from '../../src/base/index.js'

/** The value below or at which `share` of all lie (nearest rank); NaN where there is none. */
export function quantile (values: readonly number[], share: number): number {
  if (values.length === 0) return NaN
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** NaN where there is none. */
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** One figure beside the published one. */
export interface Row {
  readonly metric: string
  readonly published: string
  readonly owed: string
  readonly measured: string
  /** Undefined where nothing is owed: the figure is for comparison. */
  readonly isKept: boolean | undefined
}

/** What is owed of one figure. */
export type Owed =
  | { readonly kind: 'within', readonly value: number, readonly tolerance: number }
  | { readonly kind: 'at most', readonly value: number }
  | { readonly kind: 'exactly', readonly value: number }
  | { readonly kind: 'nothing' }

export interface Figure {
  readonly metric: string
  readonly published?: string
  readonly owed: Owed
  readonly value: number
  readonly unit?: string
  readonly decimals?: number
  /** What else is to be said about the measurement. */
  readonly note?: string
}

/** The row of one figure; a figure that could not be taken (NaN) keeps nothing. */
export function row (figure: Figure): Row {
  const { owed, value } = figure
  const unit = figure.unit ?? ''
  const text = (number: number): string => Number.isNaN(number) ? 'none' : `${number.toFixed(figure.decimals ?? 2)}${unit}`
  return {
    metric: figure.metric,
    published: figure.published ?? '',
    owed: describe(owed, text),
    measured: figure.note === undefined ? text(value) : `${text(value)} (${figure.note})`,
    isKept: isKept(owed, value)
  }
}

function describe (owed: Owed, text: (number: number) => string): string {
  switch (owed.kind) {
    case 'within': return `${text(owed.value)} ±${Math.round(owed.tolerance * 100)} %`
    case 'at most': return `<= ${text(owed.value)}`
    case 'exactly': return text(owed.value)
    case 'nothing': return ''
  }
}

export function isKept (owed: Owed, value: number): boolean | undefined {
  switch (owed.kind) {
    case 'within':
      assert(owed.tolerance > 0, 'a tolerance is positive')
      return Math.abs(value - owed.value) <= owed.tolerance * owed.value
    case 'at most': return value <= owed.value
    case 'exactly': return value === owed.value
    case 'nothing': return undefined
  }
}
