import type { View } from './view.js'

/** px left of time, for names. */
export const GUTTER = 96
export const FONT = '11px ui-sans-serif, system-ui, sans-serif'
export const FONT_BOLD = '600 11px ui-sans-serif, system-ui, sans-serif'
export const FONT_SMALL = '10px ui-sans-serif, system-ui, sans-serif'

/** Something under the pointer: a box, or a line from (x0, y0) to (x1, y1). */
export interface Hit {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly isLine: boolean
  /** The event; -1: only a text. */
  readonly id: number
  readonly text: string
}

/** How far from a thin thing the pointer may be, px. */
const REACH = 4

/** A canvas as sharp as the screen, in a box that may scroll its rows. */
export class Surface {
  readonly box: HTMLElement
  readonly canvas: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  hits: Hit[] = []
  width = 0
  height = 0
  readonly #spacer: HTMLElement | null

  constructor (id: string) {
    const box = document.getElementById(id)
    const canvas = box?.querySelector('canvas')
    const context = canvas?.getContext('2d')
    if (box === null || canvas === undefined || canvas === null || context === undefined || context === null) throw new Error(`the page has no canvas ${id}`)
    this.box = box
    this.canvas = canvas
    this.context = context
    this.#spacer = box.querySelector('.spacer')
  }

  get scrollTop (): number {
    return this.box.scrollTop
  }

  /** @param height px of all rows @param wanted px the box would like to have of them */
  setContentHeight (height: number, wanted: number): void {
    if (this.#spacer !== null) this.#spacer.style.height = `${Math.ceil(height)}px`
    this.box.style.flexBasis = `${Math.ceil(Math.min(height, wanted))}px`
  }

  /** Empty, in px, moved to where the box is scrolled. */
  begin (): CanvasRenderingContext2D {
    const { canvas, context } = this
    const ratio = devicePixelRatio
    this.width = this.box.clientWidth
    this.height = this.box.clientHeight
    const [width, height] = [Math.max(1, Math.round(this.width * ratio)), Math.max(1, Math.round(this.height * ratio))]
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
      canvas.style.width = `${this.width}px`
      canvas.style.height = `${this.height}px`
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, this.width, this.height)
    context.textBaseline = 'middle'
    context.font = FONT
    this.hits = []
    return context
  }

  /** Confines drawing to the time beside the names. */
  clipTime (view: View): void {
    this.context.save()
    this.context.beginPath()
    this.context.rect(view.left, 0, view.width, this.height)
    this.context.clip()
  }

  box4 (x0: number, y0: number, x1: number, y1: number, id: number, text = ''): void {
    this.hits.push({ x0, y0, x1, y1, isLine: false, id, text })
  }

  line (x0: number, y0: number, x1: number, y1: number, id: number): void {
    this.hits.push({ x0, y0, x1, y1, isLine: true, id, text: '' })
  }

  /** What was drawn last at a point. */
  hitAt (x: number, y: number): Hit | undefined {
    let nearest: Hit | undefined
    let nearestDistance = REACH
    for (let i = this.hits.length - 1; i >= 0; i--) {
      const hit = this.hits[i]
      if (hit === undefined) continue
      const distance = hit.isLine ? distanceToLine(hit, x, y) : distanceToBox(hit, x, y)
      if (distance < nearestDistance) {
        nearest = hit
        nearestDistance = distance
        if (distance === 0) break
      }
    }
    return nearest
  }
}

function distanceToBox ({ x0, y0, x1, y1 }: Hit, x: number, y: number): number {
  return Math.max(x0 - x, x - x1, y0 - y, y - y1, 0)
}

function distanceToLine ({ x0, y0, x1, y1 }: Hit, x: number, y: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / length, 0), 1)
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy)
}

/** Text that ends within its room. @returns whether any of it was drawn */
export function fillClipped (context: CanvasRenderingContext2D, text: string, x: number, y: number, room: number): boolean {
  if (room < 10) return false
  let shown = text
  const width = context.measureText(text).width
  if (width > room) {
    const count = Math.floor(text.length * room / width) - 1
    if (count < 2) return false
    shown = `${text.slice(0, count)}…`
  }
  context.fillText(shown, x, y)
  return true
}
