import type { Model } from './model.js'
import { eventId } from './model.js'
import { FONT, FONT_BOLD } from './surface.js'
import type { Surface } from './surface.js'
import type { Colours } from './theme.js'
import type { View } from './view.js'

const TICK_PX_MIN = 90
const STEPS = [1, 2, 5]

/** A round number of µs whose ticks are far enough apart. */
export function tickUs (view: View): number {
  const leastUs = view.spanUs * TICK_PX_MIN / view.width
  for (let power = 1; ; power *= 10) {
    for (const step of STEPS) if (step * power >= leastUs) return step * power
  }
}

/** A time in ms, with as many digits as the step needs. */
export function tickText (us: number, stepUs: number): string {
  const digits = stepUs % 1000 === 0 ? 0 : stepUs % 100 === 0 ? 1 : stepUs % 10 === 0 ? 2 : 3
  const [whole = '', fraction] = (us / 1000).toFixed(digits).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** Thin lines at round times, through everything. */
export function drawGrid (surface: Surface, view: View, colours: Colours): void {
  const { context } = surface
  const stepUs = tickUs(view)
  context.fillStyle = colours.line
  for (let us = Math.ceil(view.startUs / stepUs) * stepUs; us <= view.stopUs; us += stepUs) context.fillRect(Math.round(view.x(us)), 0, 1, surface.height)
}

/** Times, phases and flags of violations. */
export function drawAxis (surface: Surface, model: Model, view: View, colours: Colours): void {
  const context = surface.begin()
  const stepUs = tickUs(view)
  context.fillStyle = colours.muted
  context.font = FONT
  context.textAlign = 'right'
  context.fillText('virtual ms', view.left - 10, surface.height - 9)
  context.textAlign = 'left'
  surface.clipTime(view)
  for (let us = Math.ceil(view.startUs / stepUs) * stepUs; us <= view.stopUs; us += stepUs) {
    const x = Math.round(view.x(us))
    context.fillStyle = colours.line
    context.fillRect(x, surface.height - 18, 1, 18)
    context.fillStyle = colours.muted
    context.fillText(tickText(us, stepUs), x + 4, surface.height - 9)
  }
  drawPhases(surface, model, view, colours)
  drawFlags(surface, model, view, colours)
  context.restore()
}

function drawPhases (surface: Surface, { data }: Model, view: View, colours: Colours): void {
  const { context } = surface
  const healedUs = data.healedUs < 0 ? data.endUs : data.healedUs
  const phases: ReadonlyArray<readonly [string, number, number]> = [
    ['warm-up', 0, data.warmUpEndUs], ['faults', data.warmUpEndUs, healedUs], ['healed', healedUs, data.endUs]
  ]
  for (const [name, fromUs, toUs] of phases) {
    const [x0, x1] = [Math.max(view.x(fromUs), view.left), Math.min(view.x(toUs), view.left + view.width)]
    if (x1 - x0 < 2) continue
    context.fillStyle = name === 'faults' ? colours.fault : colours.up
    context.fillRect(x0, 15, x1 - x0 - 1, 3)
    context.fillStyle = colours.muted
    if (x1 - x0 > context.measureText(name).width + 8) context.fillText(name, x0 + 4, 8)
  }
}

/** One flag where several violations would cover each other. */
function drawFlags (surface: Surface, { data }: Model, view: View, colours: Colours): void {
  const { context } = surface
  context.font = FONT_BOLD
  let i = 0
  while (i < data.violations.length) {
    const x = view.x(data.violations[i]?.atUs ?? 0)
    let last = i
    while (last + 1 < data.violations.length && view.x(data.violations[last + 1]?.atUs ?? 0) - x < 34) last++
    if (x >= view.left - 1 && x <= view.left + view.width + 1) {
      const text = last === i ? `${i + 1}` : `${i + 1}–${last + 1}`
      const width = context.measureText(text).width + 8
      const left = Math.min(x, view.left + view.width - width)
      context.fillStyle = colours.bad
      context.fillRect(left, 0, width, 15)
      context.fillRect(x - 0.75, 0, 1.5, surface.height)
      context.fillStyle = colours.panel
      context.fillText(text, left + 4, 8)
      surface.box4(left, 0, left + width, 15, eventId('violation', i))
    }
    i = last + 1
  }
}

/** A line through a pane for each violation, and for what is selected. */
export function drawMarks (surface: Surface, model: Model, view: View, colours: Colours, selected: number): void {
  const { context } = surface
  let lastX = -Infinity
  context.fillStyle = colours.bad
  for (const { atUs } of model.data.violations) {
    const x = view.x(atUs)
    if (x < view.left - 1 || x > view.left + view.width || x - lastX < 1) continue
    context.fillRect(x - 0.5, 0, 1, surface.height)
    lastX = x
  }
  if (selected < 0) return
  const [x0, x1] = [view.x(model.atUs(selected)), view.x(model.endUs(selected))]
  context.fillStyle = colours.accent
  context.globalAlpha = 0.1
  if (x1 - x0 > 1) context.fillRect(x0, 0, x1 - x0, surface.height)
  context.globalAlpha = 0.9
  context.fillRect(x0 - 0.75, 0, 1.5, surface.height)
  context.globalAlpha = 1
}
