import { eventId } from './model.js'
import type { NodesScene } from './draw-nodes.js'
import { FONT_SMALL } from './surface.js'

/** More arrows than this are no picture any more. */
export const ARROWS_MAX = 800
/** More than this are drawn faintly, so that what is behind stays legible. */
const STRONG_ARROWS_MAX = 150
/** Texts are put on arrows while there are at most so many. */
const ARROW_TEXTS_MAX = 40
/** How far a lost message is drawn. */
const LOST_SHARE = 0.4
/** px of a lost message in the direction of time. */
const LOST_PX = 24

/** Messages that pass the filter and are under way in view. */
export function messagesInView ({ model, view }: Pick<NodesScene, 'model' | 'view'>, shown: Uint8Array): { readonly count: number, readonly first: readonly number[] } {
  const first: number[] = []
  let count = 0
  const { sentUs, arrivedUs } = model
  for (let i = 0; i < sentUs.length; i++) {
    if ((sentUs[i] ?? 0) > view.stopUs) break
    if (shown[i] === 0 || (arrivedUs[i] ?? 0) < view.startUs) continue
    count++
    if (count <= ARROWS_MAX) first.push(i)
  }
  return { count, first }
}

export function drawMessages (scene: NodesScene, messages: readonly number[], selected: number): void {
  const { surface } = scene
  const { context } = surface
  context.font = FONT_SMALL
  const withText = messages.length <= ARROW_TEXTS_MAX
  const alpha = messages.length > STRONG_ARROWS_MAX ? 0.35 : 0.75
  for (const i of messages) drawMessage(scene, i, eventId('message', i) === selected ? 1 : alpha, withText)
}

function drawMessage ({ surface, model, view, colours, rows }: NodesScene, i: number, alpha: number, withText: boolean): void {
  const { context } = surface
  const { from, to } = model.data.messages
  const isLost = model.isLost(i)
  const isSelected = alpha === 1
  const offset = -surface.scrollTop
  const [y0, yEnd] = [(rows.middle[from[i] ?? 0] ?? 0) + offset, (rows.middle[to[i] ?? 0] ?? 0) + offset]
  const x0 = view.x(model.sentUs[i] ?? 0)
  const x1 = isLost ? x0 + LOST_PX : view.x(model.arrivedUs[i] ?? 0)
  const y1 = isLost ? y0 + (yEnd - y0) * LOST_SHARE : yEnd
  context.strokeStyle = context.fillStyle = isSelected ? colours.accent : colours.channels[model.channel(i)] ?? colours.muted
  context.globalAlpha = alpha
  context.lineWidth = isSelected ? 2.5 : 1.2
  context.setLineDash(isLost ? [4, 3] : [])
  context.beginPath()
  context.moveTo(x0, y0)
  context.lineTo(x1, y1)
  context.stroke()
  context.setLineDash([])
  if (isLost) {
    context.strokeStyle = colours.bad
    context.lineWidth = 1.8
    context.beginPath()
    for (const side of [-1, 1]) {
      context.moveTo(x1 - 4, y1 - 4 * side)
      context.lineTo(x1 + 4, y1 + 4 * side)
    }
    context.stroke()
  } else fillHead(context, x0, y0, x1, y1)
  context.globalAlpha = 1
  surface.line(x0, y0, x1, y1, eventId('message', i))
  if (withText) drawText(context, model.messageText(i), [x0, y0, x1, y1], TEXT_SHARES[i % TEXT_SHARES.length] ?? 0, colours.text, colours.panel)
}

function fillHead (context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  const angle = Math.atan2(y1 - y0, x1 - x0)
  context.beginPath()
  context.moveTo(x1, y1)
  for (const turn of [-0.4, 0.4]) context.lineTo(x1 - 7 * Math.cos(angle + turn), y1 - 7 * Math.sin(angle + turn))
  context.fill()
}

const TEXT_CHARACTERS_MAX = 44
/** Where on their way texts are, so that those sent together do not cover each other. */
const TEXT_SHARES = [0.2, 0.5, 0.35, 0.65]

/** On a ground of its own. */
function drawText (context: CanvasRenderingContext2D, full: string, [x0, y0, x1, y1]: readonly [number, number, number, number], share: number, colour: string, ground: string): void {
  const text = full.length > TEXT_CHARACTERS_MAX ? `${full.slice(0, TEXT_CHARACTERS_MAX - 1)}…` : full
  const [x, y] = [x0 + (x1 - x0) * share + 5, y0 + (y1 - y0) * share]
  const width = context.measureText(text).width
  context.globalAlpha = 0.85
  context.fillStyle = ground
  context.fillRect(x - 2, y - 6, width + 4, 12)
  context.globalAlpha = 1
  context.fillStyle = colour
  context.fillText(text, x, y)
}
