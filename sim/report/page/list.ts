import { msText } from '../format.js'
import { create, element, oncePerFrame } from './dom.js'
import { eventOf, firstAt } from './model.js'
import type { Model } from './model.js'
import type { View } from './view.js'

const ROW_PX = 19
/** Elements taller than this are not drawn right by every browser; beyond it a row is a share of the scroll bar. */
const SCROLL_PX_MAX = 8_000_000

/** The events as lines, as many in the document as can be seen. */
export class EventList {
  readonly #model: Model
  readonly #view: View
  readonly #box = element('list')
  readonly #inner = element('list-inner')
  readonly #count = element('list-count')
  #events = new Float64Array(0)
  #selected = -1
  /** px of the scroll bar per row. */
  #step = ROW_PX
  readonly #draw = oncePerFrame(() => { this.#fill() })
  /** @param close wants a close look at it */
  onSelect: (id: number, close: boolean) => void = () => {}

  constructor (model: Model, view: View) {
    this.#model = model
    this.#view = view
    this.#box.addEventListener('scroll', this.#draw)
    new ResizeObserver(this.#draw).observe(this.#box)
    this.#inner.addEventListener('click', (event) => { this.#clicked(event, false) })
    this.#inner.addEventListener('dblclick', (event) => { this.#clicked(event, true) })
    this.#box.addEventListener('keydown', (event) => { this.#pressed(event) })
  }

  setEvents (events: Float64Array<ArrayBuffer>): void {
    this.#events = events
    this.#count.textContent = `${events.length.toLocaleString('en')} of ${this.#model.events.length.toLocaleString('en')} events`
    this.#step = Math.min(ROW_PX, SCROLL_PX_MAX / Math.max(events.length, 1))
    this.#inner.style.height = `${Math.ceil(this.#step * Math.max(0, events.length - this.#pageRows) + this.#pageRows * ROW_PX)}px`
    this.follow()
  }

  /** Scrolls to the first event in view. */
  follow (): void {
    if (!this.#box.matches(':hover') && document.activeElement !== this.#box) this.#scrollTo(this.#first(this.#view.startUs))
    this.#draw()
  }

  select (id: number): void {
    this.#selected = id
    const row = this.#rowOf(id)
    if (row >= 0) {
      const top = this.#top
      if (row < top || row >= top + this.#pageRows - 1) this.#scrollTo(Math.max(0, row - Math.floor(this.#pageRows / 2)))
    }
    this.#draw()
  }

  /** Selects the next event in the list, or the one before. */
  step (by: number): void {
    const at = this.#rowOf(this.#selected)
    const row = at < 0 ? this.#first(this.#view.startUs) : Math.min(Math.max(at + by, 0), this.#events.length - 1)
    const id = this.#events[row]
    if (id !== undefined) this.onSelect(id, false)
  }

  get #pageRows (): number {
    return Math.max(1, Math.floor(this.#box.clientHeight / ROW_PX))
  }

  get #top (): number {
    return Math.round(this.#box.scrollTop / this.#step)
  }

  #first (us: number): number {
    return firstAt(this.#events.length, (i) => this.#model.atUs(this.#events[i] ?? 0), us)
  }

  #rowOf (id: number): number {
    if (id < 0) return -1
    const atUs = this.#model.atUs(id)
    for (let row = this.#first(atUs); row < this.#events.length; row++) {
      const each = this.#events[row] ?? 0
      if (each === id) return row
      if (this.#model.atUs(each) > atUs) break
    }
    return -1
  }

  #scrollTo (row: number): void {
    this.#box.scrollTop = row * this.#step
  }

  #clicked (event: MouseEvent, close: boolean): void {
    const row = event.target instanceof HTMLElement ? event.target.closest('.event') : null
    const id = Number(row instanceof HTMLElement ? row.dataset['id'] : Number.NaN)
    if (!Number.isNaN(id)) this.onSelect(id, close)
  }

  #pressed (event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: this.#pageRows, PageUp: -this.#pageRows, Home: -Infinity, End: Infinity }
    const by = steps[event.key]
    if (by !== undefined) this.step(by)
    else if (event.key === 'Enter' && this.#selected >= 0) this.onSelect(this.#selected, true)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  #fill (): void {
    const top = Math.min(this.#top, Math.max(0, this.#events.length - this.#pageRows))
    const offset = this.#box.scrollTop
    const rows: HTMLElement[] = []
    const last = Math.min(this.#events.length, top + this.#pageRows + 1)
    for (let row = top; row < last; row++) rows.push(this.#line(row, offset + (row - top) * ROW_PX))
    this.#inner.replaceChildren(...rows)
    const active = this.#rowOf(this.#selected)
    if (active >= top && active < last) this.#box.setAttribute('aria-activedescendant', `event-${active}`)
    else this.#box.removeAttribute('aria-activedescendant')
  }

  #line (row: number, y: number): HTMLElement {
    const model = this.#model
    const id = this.#events[row] ?? 0
    const atUs = model.atUs(id)
    const isInView = atUs <= this.#view.stopUs && model.endUs(id) >= this.#view.startUs
    const line = create('div', `event ${eventOf(id).kind}${isInView ? ' in-view' : ''}`)
    line.id = `event-${row}`
    line.dataset['id'] = String(id)
    line.style.transform = `translateY(${y}px)`
    line.setAttribute('role', 'option')
    line.setAttribute('aria-selected', String(id === this.#selected))
    line.setAttribute('aria-posinset', String(row + 1))
    line.setAttribute('aria-setsize', String(this.#events.length))
    line.append(create('span', 'at', msText(atUs)), create('span', 'node', model.nodeText(id)), create('span', 'what', model.text(id)))
    return line
  }
}
