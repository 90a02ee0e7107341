import type { FaultSpan, PageData } from '../page-data.js'
import type { RecordedOperation } from '../../run/recording.js'

/** One band of a node's lane. */
export interface BandRow {
  readonly node: number
  readonly partition: number
  readonly y: number
}

export interface NodeRows {
  readonly faultRows: number
  /** By fault. */
  readonly faultRow: Int32Array
  /** By node: the top of its lane, the middle of its process bar, its end. */
  readonly top: readonly number[]
  readonly middle: readonly number[]
  readonly bottom: readonly number[]
  readonly bands: readonly BandRow[]
  readonly bandHeight: number
  /** By `node * 65536 + partition`. */
  readonly bandY: ReadonlyMap<number, number>
  readonly height: number
}

export const FAULT_ROW = 17
export const PROCESS_HEIGHT = 14
const FAULT_ROWS_MAX = 6
/** So many texts of faults fit side by side when all time is in view. */
const TEXTS_ACROSS = 8
const PAD = 6
const LANE_GAP = 12
/** Band heights for up to so many bands in all. */
const BAND_HEIGHTS: ReadonlyArray<readonly [number, number]> = [[24, 13], [60, 11], [150, 9], [Infinity, 7]]

export const bandKey = (node: number, partition: number): number => node * 65_536 + partition

/** Lays out the lanes. @param partition only this one; -1: all */
export function layOutNodes (data: PageData, partition: number): NodeRows {
  const { nodes, replicas, faults } = data
  const shown = replicas.map((list) => partition < 0 ? list : list.filter((each) => each === partition))
  const total = shown.reduce((sum, list) => sum + list.length, 0)
  const bandHeight = BAND_HEIGHTS.find(([max]) => total <= max)?.[1] ?? 7
  const { rows: faultRow, count: faultRows } = packFaults(faults, data.endUs)
  const [top, middle, bottom]: [number[], number[], number[]] = [[], [], []]
  const bands: BandRow[] = []
  const bandY = new Map<number, number>()
  let y = PAD + faultRows * FAULT_ROW + (faultRows > 0 ? LANE_GAP : 0)
  for (let node = 0; node < nodes.length; node++) {
    top.push(y)
    middle.push(y + PROCESS_HEIGHT / 2)
    y += PROCESS_HEIGHT + 3
    for (const each of shown[node] ?? []) {
      bands.push({ node, partition: each, y })
      bandY.set(bandKey(node, each), y)
      y += bandHeight + 1
    }
    bottom.push(y)
    y += LANE_GAP
  }
  return { faultRows, faultRow, top, middle, bottom, bands, bandHeight, bandY, height: y }
}

/** So that faults at the same time do not cover each other. */
function packFaults (faults: readonly FaultSpan[], endUs: number): { readonly rows: Int32Array, readonly count: number } {
  const rows = new Int32Array(faults.length)
  const ends: number[] = []
  const gapUs = endUs / TEXTS_ACROSS
  faults.forEach(({ fromUs, toUs }, i) => {
    let row = ends.findIndex((end) => end <= fromUs)
    if (row < 0) row = ends.length < FAULT_ROWS_MAX ? ends.length : ends.indexOf(Math.min(...ends))
    ends[row] = Math.max(toUs, fromUs + gapUs)
    rows[i] = row
  })
  return { rows, count: ends.length }
}

export interface KeyRow {
  /** Position in `keys`. */
  readonly key: number
  readonly y: number
  readonly height: number
  /** Positions of its operations, by time. */
  readonly operations: Int32Array
}

export interface KeyRows {
  readonly rows: readonly KeyRow[]
  /** By operation: its line within its key. */
  readonly line: Int32Array
  /** By operation: until when it is drawn, µs. */
  readonly untilUs: Float64Array
  readonly height: number
}

export const OPERATION_LINE = 15
const KEY_GAP = 5
/** Lines of one key at most; more operations at once share the last. */
const LINES_MAX = 20
/** How much of an operation without an answer is drawn, µs. */
const OPEN_US = 300_000

/** One row per key, as many lines high as it has operations at the same time. */
export function layOutKeys (data: PageData): KeyRows {
  const byKey = new Map<string, number[]>()
  data.operations.forEach(({ key }, i) => {
    const list = byKey.get(key)
    if (list === undefined) byKey.set(key, [i])
    else list.push(i)
  })
  const line = new Int32Array(data.operations.length)
  const untilUs = Float64Array.from(data.operations, (operation) => untilOf(operation, data.endUs))
  let y = PAD
  const rows = data.keys.map(({ key }, position): KeyRow => {
    const operations = Int32Array.from(byKey.get(key) ?? []).sort((a, b) => (data.operations[a]?.calledUs ?? 0) - (data.operations[b]?.calledUs ?? 0))
    const ends: number[] = []
    for (const i of operations) {
      let row = ends.findIndex((end) => end < (data.operations[i]?.calledUs ?? 0))
      if (row < 0) row = Math.min(ends.length, LINES_MAX - 1)
      ends[row] = Math.max(ends[row] ?? 0, untilUs[i] ?? 0)
      line[i] = row
    }
    const height = Math.max(1, ends.length) * OPERATION_LINE
    const row = { key: position, y, height, operations }
    y += height + KEY_GAP
    return row
  })
  return { rows, line, untilUs, height: y + PAD }
}

function untilOf ({ calledUs, returnedUs }: RecordedOperation, endUs: number): number {
  return returnedUs ?? Math.min(calledUs + OPEN_US, endUs)
}
