import { showTip } from './tooltip.js'
import type { Hit, Surface } from './surface.js'
import type { View } from './view.js'

/** What a pointer can do on a surface. */
export interface PointerHost {
  readonly view: View
  describe (hit: Hit): string
  select (id: number): void
}

const WHEEL_STEP = 0.0016
const PIXELS_PER_LINE = 16
/** Less than this is a click, px. */
const DRAG_PX = 4

/** The wheel zooms at the pointer, sideways or with shift it pans; dragging pans, and scrolls the rows. */
export function attachPointer (surface: Surface, host: PointerHost): void {
  const { box, canvas } = surface
  const { view } = host
  box.addEventListener('wheel', (event) => {
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_PER_LINE : 1
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit]
    if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) view.pan((dx === 0 ? dy : dx) * view.spanUs / view.width)
    else if (event.altKey) box.scrollTop += dy
    else view.zoom(Math.exp(-dy * WHEEL_STEP), view.us(Math.max(event.offsetX, view.left)))
  }, { passive: false })
  let start: { readonly x: number, readonly y: number, readonly startUs: number, readonly scrollTop: number } | undefined
  let isDragged = false
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return
    start = { x: event.clientX, y: event.clientY, startUs: view.startUs, scrollTop: box.scrollTop }
    isDragged = false
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener('pointermove', (event) => {
    if (start === undefined) {
      const hit = surface.hitAt(event.offsetX, event.offsetY)
      canvas.style.cursor = hit !== undefined && hit.id >= 0 ? 'pointer' : ''
      showTip(hit === undefined ? '' : host.describe(hit), event.clientX, event.clientY)
      return
    }
    const [dx, dy] = [event.clientX - start.x, event.clientY - start.y]
    if (!isDragged && Math.hypot(dx, dy) < DRAG_PX) return
    isDragged = true
    showTip('', 0, 0)
    canvas.style.cursor = 'grabbing'
    box.scrollTop = start.scrollTop - dy
    view.pan(start.startUs - dx * view.spanUs / view.width - view.startUs)
  })
  const release = (): void => {
    start = undefined
    canvas.style.cursor = ''
  }
  canvas.addEventListener('pointerup', (event) => {
    const hit = isDragged ? undefined : surface.hitAt(event.offsetX, event.offsetY)
    if (start !== undefined && hit !== undefined && hit.id >= 0) host.select(hit.id)
    release()
  })
  canvas.addEventListener('pointercancel', release)
  canvas.addEventListener('pointerleave', () => { showTip('', 0, 0) })
  canvas.addEventListener('dblclick', (event) => { view.zoom(4, view.us(event.offsetX)) })
}

/** In the overview a click or a drag moves what is in view, the wheel zooms. */
export function attachOverview ({ box, canvas }: Surface, view: View): void {
  const move = (event: PointerEvent): void => {
    const us = (event.offsetX - view.left) * view.endUs / view.width
    view.show(us - view.spanUs / 2, us + view.spanUs / 2)
  }
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId)
    move(event)
  })
  canvas.addEventListener('pointermove', (event) => { if (event.buttons === 1) move(event) })
  box.addEventListener('wheel', (event) => {
    event.preventDefault()
    view.zoom(Math.exp(-event.deltaY * WHEEL_STEP), (view.startUs + view.stopUs) / 2)
  }, { passive: false })
}
