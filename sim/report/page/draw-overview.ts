import type { Model } from './model.js'
import { FONT } from './surface.js'
import type { Surface } from './surface.js'
import type { Colours } from './theme.js'
import type { View } from './view.js'

const BIN_PX = 2

/** The whole run at once: how busy it was, when faults were, where promises broke, and what is in view. */
export function drawOverview (surface: Surface, model: Model, view: View, colours: Colours, messages: Uint8Array): void {
  const context = surface.begin()
  const { data } = model
  const x = (us: number): number => view.left + us * view.width / view.endUs
  context.fillStyle = colours.muted
  context.font = FONT
  context.textAlign = 'right'
  context.fillText('messages', view.left - 10, surface.height / 2)
  context.textAlign = 'left'
  context.fillStyle = colours.faultSoft
  for (const { fromUs, toUs } of data.faults) context.fillRect(x(fromUs), 0, Math.max(1, x(toUs) - x(fromUs)), surface.height)
  drawDensity(surface, model, view, colours, messages)
  const [x0, x1] = [x(view.startUs), Math.max(x(view.stopUs), x(view.startUs) + 3)]
  context.fillStyle = colours.background
  context.globalAlpha = 0.6
  context.fillRect(view.left, 0, x0 - view.left, surface.height)
  context.fillRect(x1, 0, view.left + view.width - x1, surface.height)
  context.globalAlpha = 1
  context.fillStyle = colours.bad
  for (const { atUs } of data.violations) context.fillRect(x(atUs) - 0.75, 0, 1.5, surface.height)
  for (const i of model.blocked) drawBreak(context, x(data.operations[i]?.calledUs ?? 0))
  context.strokeStyle = colours.accent
  context.lineWidth = 1.5
  context.strokeRect(x0 + 0.75, 0.75, x1 - x0 - 1.5, surface.height - 1.5)
}

/** Where a history breaks. */
function drawBreak (context: CanvasRenderingContext2D, x: number): void {
  context.beginPath()
  context.moveTo(x, 9)
  context.lineTo(x - 5, 0)
  context.lineTo(x + 5, 0)
  context.fill()
}

function drawDensity (surface: Surface, model: Model, view: View, colours: Colours, messages: Uint8Array): void {
  const counts = new Uint32Array(Math.max(1, Math.ceil(view.width / BIN_PX)))
  const perUs = counts.length / view.endUs
  const { sentUs } = model
  for (let i = 0; i < sentUs.length; i++) {
    if (messages[i] === 0) continue
    const bin = Math.min(counts.length - 1, Math.floor((sentUs[i] ?? 0) * perUs))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1)
  surface.context.fillStyle = colours.up
  counts.forEach((count, bin) => {
    if (count === 0) return
    const height = Math.max(1, Math.sqrt(count / most) * (surface.height - 6))
    surface.context.fillRect(view.left + bin * BIN_PX, surface.height - height, BIN_PX, height)
  })
}
