import type { RecordedOperation } from '../../run/recording.js'
import type { KeyStory } from '../page-data.js'
import { eventId } from './model.js'
import type { Model } from './model.js'
import { OPERATION_LINE } from './rows.js'
import type { KeyRow, KeyRows } from './rows.js'
import { fillClipped, FONT_BOLD, FONT_SMALL } from './surface.js'
import type { Surface } from './surface.js'
import type { Colours } from './theme.js'
import type { View } from './view.js'

export interface KeysScene {
  readonly surface: Surface
  readonly model: Model
  readonly view: View
  readonly colours: Colours
  readonly rows: KeyRows
  readonly selected: number
  /** Whether an operation has what is looked for. */
  readonly isShown: (operation: number) => boolean
}

const BAR = OPERATION_LINE - 2
/** Bars closer than this are drawn as one, px. */
const COALESCED_PX = 1

/** Operations per key as intervals: from the call to the answer. */
export function drawKeys (scene: KeysScene): void {
  const { surface, model, view, rows } = scene
  const first = rows.rows.findIndex(({ y, height }) => y + height >= surface.scrollTop)
  for (let at = Math.max(first, 0); at < rows.rows.length; at++) {
    const row = rows.rows[at]
    const story = model.data.keys[row?.key ?? -1]
    if (row === undefined || story === undefined || row.y > surface.scrollTop + surface.height) break
    drawName(scene, row, story)
    surface.clipTime(view)
    drawRow(scene, row, story)
    surface.context.restore()
  }
}

function drawName ({ surface, view, colours }: KeysScene, row: KeyRow, { key, verdict, text }: KeyStory): void {
  const { context } = surface
  const y = row.y - surface.scrollTop
  const isBroken = verdict === 'illegal' || verdict === 'unknown'
  context.textAlign = 'right'
  context.font = isBroken ? FONT_BOLD : FONT_SMALL
  context.fillStyle = isBroken ? colours.bad : colours.muted
  const shown = `${isBroken ? '✕ ' : ''}${key}`
  context.fillText(shown.length > 14 ? `${shown.slice(0, 13)}…` : shown, view.left - 10, y + BAR / 2 + 1)
  context.textAlign = 'left'
  surface.box4(0, y, view.left - 4, y + row.height, -1, isBroken ? `${key}: ${text}` : `${key}: ${verdict === 'ok' ? 'linearizable' : 'not checked'}`)
}

function drawRow (scene: KeysScene, row: KeyRow, story: KeyStory): void {
  const { surface, model, view, colours, rows } = scene
  const { context } = surface
  const y = row.y - surface.scrollTop
  if (story.verdict === 'illegal' || story.verdict === 'unknown') {
    context.fillStyle = colours.badSoft
    context.fillRect(view.left, y - 2, view.width, row.height + 2)
  }
  const lastX = new Float64Array(row.height / OPERATION_LINE).fill(-Infinity)
  for (const i of row.operations) {
    const operation = model.data.operations[i]
    if (operation === undefined || operation.calledUs > view.stopUs || (rows.untilUs[i] ?? 0) < view.startUs) continue
    const line = rows.line[i] ?? 0
    const x1 = view.x(rows.untilUs[i] ?? 0)
    if (x1 - (lastX[line] ?? 0) < COALESCED_PX && !model.blocked.has(i) && eventId('operation', i) !== scene.selected) continue
    lastX[line] = x1
    drawOperation(scene, operation, i, y + line * OPERATION_LINE, story)
  }
  const blocked = model.operationByNumber.get(story.blocked)
  if (blocked === undefined) return
  const x = view.x(model.endUs(eventId('operation', blocked)))
  context.strokeStyle = colours.bad
  context.lineWidth = 1.5
  context.setLineDash([3, 3])
  context.beginPath()
  context.moveTo(x, y - 2)
  context.lineTo(x, y + row.height)
  context.stroke()
  context.setLineDash([])
}

function drawOperation ({ surface, model, view, colours, rows, selected, isShown }: KeysScene, operation: RecordedOperation, i: number, y: number, story: KeyStory): void {
  const { context } = surface
  const id = eventId('operation', i)
  const x0 = view.x(operation.calledUs)
  const width = Math.max(view.x(rows.untilUs[i] ?? 0) - x0, 1.5)
  const place = model.placeInOrder[i] ?? -1
  const isBlocked = story.blocked === operation.number
  const isOpen = operation.returnedUs === undefined
  const isSolid = !isOpen && !isBlocked && (place >= 0 || story.verdict === 'ok' || story.verdict === 'unchecked')
  const colour = isBlocked ? colours.bad : colours[operation.kind]
  const alpha = isShown(i) ? 1 : 0.2
  context.fillStyle = context.strokeStyle = colour
  context.globalAlpha = alpha * (isSolid || isBlocked ? 1 : 0.25)
  context.fillRect(x0, y, width, BAR)
  context.globalAlpha = alpha
  if (!isSolid && width > 4) drawOutline(context, x0, y, width, isOpen)
  if (isBlocked) drawPointer(context, x0 + width / 2, y - 1)
  if (id === selected) {
    context.strokeStyle = colours.accent
    context.lineWidth = 2
    context.strokeRect(x0 - 1, y - 1, width + 2, BAR + 2)
  }
  context.fillStyle = isSolid || isBlocked ? colours.onFill : colours.text
  context.font = FONT_SMALL
  fillClipped(context, labelOf(operation, place), Math.max(x0, view.left) + 3, y + BAR / 2 + 0.5, Math.min(x0 + width, view.left + view.width) - Math.max(x0, view.left) - 5)
  context.globalAlpha = 1
  surface.box4(x0, y, x0 + width, y + BAR, id)
}

/** The end of what was never answered stays open. */
function drawOutline (context: CanvasRenderingContext2D, x0: number, y: number, width: number, isOpen: boolean): void {
  context.lineWidth = 1
  context.setLineDash(isOpen ? [3, 2] : [])
  context.beginPath()
  context.moveTo(x0 + width, y + 0.5)
  context.lineTo(x0 + 0.5, y + 0.5)
  context.lineTo(x0 + 0.5, y + BAR - 0.5)
  context.lineTo(x0 + width, y + BAR - 0.5)
  if (!isOpen) context.lineTo(x0 + width, y + 0.5)
  context.stroke()
  context.setLineDash([])
}

/** Points at the operation that breaks the order, at any zoom. */
function drawPointer (context: CanvasRenderingContext2D, x: number, y: number): void {
  context.beginPath()
  context.moveTo(x, y + 1)
  context.lineTo(x - 5, y - 6)
  context.lineTo(x + 5, y - 6)
  context.fill()
}

function labelOf ({ kind, value, answer }: RecordedOperation, place: number): string {
  const order = place < 0 ? '' : `${place + 1}· `
  if (kind === 'set') return `${order}=${value ?? ''}${answer === 'ok' ? '' : ` ${answer}`}`
  if (kind === 'delete') return `${order}del${answer === 'ok' ? '' : ` ${answer}`}`
  return `${order}${answer === 'ok' ? value ?? '' : answer === 'missing' ? '∅' : answer}`
}
