import { msText, partitionText } from '../format.js'
import type { RoleSpan } from '../page-data.js'
import { eventId, firstAt } from './model.js'
import type { Model } from './model.js'
import { bandKey, FAULT_ROW, PROCESS_HEIGHT } from './rows.js'
import type { NodeRows } from './rows.js'
import { fillClipped, FONT, FONT_BOLD, FONT_SMALL } from './surface.js'
import type { Surface } from './surface.js'
import { termColour } from './theme.js'
import type { Colours } from './theme.js'
import type { View } from './view.js'

/** Everything the drawing of lanes needs. */
export interface NodesScene {
  readonly surface: Surface
  readonly model: Model
  readonly view: View
  readonly colours: Colours
  readonly rows: NodeRows
}

/** Behind everything: a tint over the lanes that a fault touches while it lasts. */
export function drawFaultTints ({ surface, model, view, colours, rows }: NodesScene): void {
  const { context } = surface
  const offset = -surface.scrollTop
  context.fillStyle = colours.faultSoft
  for (const { fromUs, toUs, nodes } of model.data.faults) {
    const [x0, x1] = [view.x(fromUs), view.x(toUs)]
    if (x1 < view.left || x0 > view.left + view.width) continue
    const width = Math.max(x1 - x0, 1.5)
    if (nodes.length === 0) context.fillRect(x0, (rows.top[0] ?? 0) + offset - 4, width, rows.height)
    for (const node of nodes) context.fillRect(x0, (rows.top[node] ?? 0) + offset - 3, width, (rows.bottom[node] ?? 0) - (rows.top[node] ?? 0) + 6)
  }
}

export function drawFaults ({ surface, model, view, colours, rows }: NodesScene): void {
  const { context } = surface
  context.font = FONT
  const nextX = new Map<number, number>()
  const { faults } = model.data
  for (let i = faults.length - 1; i >= 0; i--) {
    const fault = faults[i]
    if (fault === undefined) continue
    const row = rows.faultRow[i] ?? 0
    const x0 = view.x(fault.fromUs)
    const x1 = Math.max(view.x(fault.toUs), x0 + 2)
    const limit = nextX.get(row) ?? Infinity
    nextX.set(row, x0)
    if (x1 < view.left || x0 > view.left + view.width) continue
    const y = 4 + row * FAULT_ROW - surface.scrollTop
    const isSpan = fault.toUs > fault.fromUs
    context.fillStyle = colours.fault
    context.globalAlpha = isSpan ? 0.28 : 1
    context.fillRect(x0, y, isSpan ? x1 - x0 : 2, FAULT_ROW - 3)
    context.globalAlpha = 1
    context.fillRect(x0, y, 2, FAULT_ROW - 3)
    const textX = (isSpan ? Math.max(x0, view.left) : x0) + 6
    context.fillStyle = colours.text
    const room = Math.min(limit, view.left + view.width) - textX - 4
    const isShown = fillClipped(context, fault.text, textX, y + FAULT_ROW / 2 - 1, room)
    surface.box4(x0, y, isShown ? Math.max(x1, textX + Math.min(context.measureText(fault.text).width, room)) : x1, y + FAULT_ROW - 3, eventId('fault', i))
  }
}

export function drawProcesses ({ surface, model, view, colours, rows }: NodesScene): void {
  const { context } = surface
  const right = view.left + view.width
  for (let node = 0; node < model.data.nodes.length; node++) {
    const y = (rows.top[node] ?? 0) - surface.scrollTop
    context.fillStyle = colours.down
    context.fillRect(view.left, y + PROCESS_HEIGHT / 2 - 0.5, view.width, 1)
  }
  for (const { kind, node, fromUs, toUs } of model.data.processes) {
    const [x0, x1] = [Math.max(view.x(fromUs), view.left), Math.min(view.x(toUs), right)]
    if (x1 < view.left || x0 > right) continue
    const y = (rows.top[node] ?? 0) - surface.scrollTop
    const width = Math.max(x1 - x0, 1)
    context.fillStyle = kind === 'up' ? colours.up : colours.paused
    context.fillRect(x0, y, width, PROCESS_HEIGHT)
    const text = `${model.data.nodes[node] ?? ''} ${kind} from ${msText(fromUs)} to ${msText(toUs)} ms`
    surface.box4(x0, y, x0 + width, y + PROCESS_HEIGHT, -1, text)
    if (kind === 'paused') {
      context.fillStyle = colours.text
      context.font = FONT_SMALL
      fillClipped(context, 'paused', x0 + 4, y + PROCESS_HEIGHT / 2, width - 8)
    } else if (toUs < model.data.endUs && view.x(toUs) <= right) drawCross(surface, view.x(toUs), y + PROCESS_HEIGHT / 2, colours.bad)
  }
}

function drawCross ({ context }: Surface, x: number, y: number, colour: string): void {
  context.strokeStyle = colour
  context.lineWidth = 2
  context.beginPath()
  context.moveTo(x - 4, y - 4)
  context.lineTo(x + 4, y + 4)
  context.moveTo(x + 4, y - 4)
  context.lineTo(x - 4, y + 4)
  context.stroke()
}

/** Slaves as thin lines while their process runs, and over them who is master, candidate or being installed. */
export function drawBands (scene: NodesScene): void {
  const { surface, model, view, colours, rows } = scene
  const { context } = surface
  const right = view.left + view.width
  context.fillStyle = colours.slave
  for (const { kind, node, fromUs, toUs } of model.data.processes) {
    if (kind !== 'up') continue
    const [x0, x1] = [Math.max(view.x(fromUs), view.left), Math.min(view.x(toUs), right)]
    if (x1 <= x0) continue
    for (const band of rows.bands) if (band.node === node) context.fillRect(x0, band.y - surface.scrollTop + rows.bandHeight / 2 - 1, x1 - x0, 2)
  }
  for (const role of model.data.roles) {
    const y = rows.bandY.get(bandKey(role.node, role.partition))
    if (y === undefined || view.x(role.toUs) < view.left || view.x(role.fromUs) > right) continue
    drawRole(scene, role, y - surface.scrollTop)
  }
}

function drawRole ({ surface, model, view, colours, rows }: NodesScene, role: RoleSpan, y: number): void {
  const { context } = surface
  const x0 = Math.max(view.x(role.fromUs), view.left)
  const width = Math.max(Math.min(view.x(role.toUs), view.left + view.width) - x0, 1.5)
  const height = rows.bandHeight
  if (y > surface.height || y + height < 0) return
  context.fillStyle = role.kind === 'master' ? termColour(colours, role.term) : role.kind === 'candidate' ? colours.candidate : colours.install
  if (role.kind === 'master') context.fillRect(x0, y, width, height)
  else context.fillRect(x0, y + height / 4, width, height / 2)
  if (height >= 9) {
    context.fillStyle = colours.onFill
    context.font = height >= 13 ? FONT_BOLD : FONT_SMALL
    if (role.kind === 'master') fillClipped(context, `t${role.term}`, x0 + 4, y + height / 2 + 0.5, width - 6)
  }
  const where = `${model.data.nodes[role.node] ?? ''} ${partitionText(role.partition)}`
  surface.box4(x0, y, x0 + width, y + height, -1, `${where} ${role.kind}${role.term === 0 ? '' : ` of term ${role.term}`}\nfrom ${msText(role.fromUs)} to ${msText(role.toUs)} ms`)
}

/** Marks are not drawn closer to each other on one band, px. */
const MARK_PX = 2.5
/** Appends, acknowledgements and commits come by the thousand: only when there is room. */
const ENTRY_MARKS_MAX = 6000
const [TERM, VOTED, WON, APPENDED, ACKNOWLEDGED, COMMITTED] = [2, 3, 4, 6, 7, 8]

/** What happened on the bands: terms, votes, and close up what became of entries. */
export function drawFacts ({ surface, model, view, colours, rows }: NodesScene): void {
  const { context } = surface
  const { facts } = model.data
  const count = model.factUs.length
  const first = firstAt(count, (i) => model.factUs[i] ?? 0, view.startUs)
  const last = firstAt(count, (i) => model.factUs[i] ?? 0, view.stopUs)
  const showsEntries = last - first <= ENTRY_MARKS_MAX
  const lastX = new Map<number, number>()
  const height = rows.bandHeight
  for (let i = first; i < last; i++) {
    const kind = facts.kind[i] ?? 0
    const isEntry = kind >= APPENDED && kind <= COMMITTED
    if (isEntry && !showsEntries) continue
    const place = bandKey(facts.node[i] ?? 0, facts.partition[i] ?? 0)
    const y0 = rows.bandY.get(place)
    if (y0 === undefined) continue
    const x = view.x(model.factUs[i] ?? 0)
    const markOf = place * 16 + kind
    if (x - (lastX.get(markOf) ?? -Infinity) < MARK_PX) continue
    lastX.set(markOf, x)
    const y = y0 - surface.scrollTop
    if (y > surface.height || y + height < 0) continue
    switch (kind) {
      case TERM: fillMark(context, colours.muted, x - 0.5, y, 1, height); break
      case VOTED: fillDiamond(context, colours.vote, x, y + height / 2, Math.min(height, 10) / 2); break
      case WON: fillMark(context, colours.text, x - 1, y - 1, 2, height + 2); break
      case APPENDED: fillMark(context, colours.muted, x - 1, y + height - 3, 2, 3); break
      case ACKNOWLEDGED: fillMark(context, colours.accent, x - 1, y + height / 2 - 1.5, 2, 3); break
      case COMMITTED: fillMark(context, colours.commit, x - 1, y, 2, 3); break
      default: continue
    }
    surface.box4(x - 2, y, x + 2, y + height, eventId('fact', i))
  }
}

function fillMark (context: CanvasRenderingContext2D, colour: string, x: number, y: number, width: number, height: number): void {
  context.fillStyle = colour
  context.fillRect(x, y, width, height)
}

function fillDiamond (context: CanvasRenderingContext2D, colour: string, x: number, y: number, size: number): void {
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(x, y - size)
  context.lineTo(x + size, y)
  context.lineTo(x, y + size)
  context.lineTo(x - size, y)
  context.fill()
}

export function drawNodeNames ({ surface, model, view, colours, rows }: NodesScene): void {
  const { context } = surface
  const offset = -surface.scrollTop
  context.textAlign = 'right'
  if (rows.faultRows > 0) {
    context.font = FONT
    context.fillStyle = colours.muted
    context.fillText('faults', view.left - 10, 12 + offset)
  }
  model.data.nodes.forEach((name, node) => {
    context.font = FONT_BOLD
    context.fillStyle = colours.text
    context.fillText(name.length > 12 ? `${name.slice(0, 11)}…` : name, view.left - 10, (rows.middle[node] ?? 0) + offset)
  })
  context.fillStyle = colours.muted
  context.font = FONT_SMALL
  if (rows.bandHeight >= 9) for (const { partition, y } of rows.bands) context.fillText(partitionText(partition), view.left - 10, y + rows.bandHeight / 2 + offset)
  context.textAlign = 'left'
}
