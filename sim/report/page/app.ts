import { msText } from '../format.js'
import type { PageData } from '../page-data.js'
import { element, oncePerFrame } from './dom.js'
import { drawAxis, drawGrid, drawMarks } from './draw-axis.js'
import { drawKeys } from './draw-keys.js'
import { ARROWS_MAX, drawMessages, messagesInView } from './draw-messages.js'
import { drawBands, drawFacts, drawFaults, drawFaultTints, drawNodeNames, drawProcesses } from './draw-nodes.js'
import { drawOverview } from './draw-overview.js'
import { Filter } from './filter.js'
import { EventList } from './list.js'
import { eventId, Model } from './model.js'
import { attachOverview, attachPointer } from './pointer.js'
import { layOutKeys, layOutNodes } from './rows.js'
import type { KeyRows, NodeRows } from './rows.js'
import { GUTTER, Surface } from './surface.js'
import type { Hit } from './surface.js'
import { readColours, watchTheme } from './theme.js'
import { describeEvent } from './tooltip.js'
import { View } from './view.js'

/** A close look shows this much around an event, µs. */
const CLOSE_US = 20_000
/** Room that lanes and keys share out in these proportions where there is not enough, px. */
const NODES_PX = 800
const KEYS_PX = 380
/** px right of time. */
const MARGIN = 8

/** Holds what is seen together: the view, the filter, the selection, and draws all of it. */
export class App {
  readonly model: Model
  readonly view: View
  readonly filter: Filter
  readonly list: EventList
  readonly #overview = new Surface('overview')
  readonly #axis = new Surface('axis')
  readonly #nodes = new Surface('nodes')
  readonly #keys = new Surface('keys')
  readonly #keyRows: KeyRows
  #nodeRows: NodeRows
  #colours = readColours()
  #selected = -1
  #violation = -1
  /** Draws again, once, before the next frame. */
  readonly draw = oncePerFrame(() => { this.#drawAll() })

  constructor (data: PageData) {
    this.model = new Model(data)
    this.view = new View(data.endUs)
    this.filter = new Filter(this.model)
    this.list = new EventList(this.model, this.view)
    this.#keyRows = layOutKeys(data)
    this.#nodeRows = layOutNodes(data, -1)
    this.list.onSelect = (id, close) => { this.select(id, close) }
    this.view.onChange(() => {
      this.list.follow()
      this.draw()
    })
    watchTheme(() => {
      this.#colours = readColours()
      this.draw()
    })
    const host = { view: this.view, describe: (hit: Hit) => hit.id < 0 ? hit.text : describeEvent(this.model, hit.id), select: (id: number) => { this.select(id, false) } }
    for (const surface of [this.#axis, this.#nodes, this.#keys]) {
      attachPointer(surface, host)
      surface.box.addEventListener('scroll', this.draw)
    }
    attachOverview(this.#overview, this.view)
    const resized = new ResizeObserver(this.draw)
    for (const surface of [this.#overview, this.#axis, this.#nodes, this.#keys]) resized.observe(surface.box)
    this.#keys.box.hidden = data.operations.length === 0
    this.filtered()
  }

  /** The filter was changed. */
  filtered (): void {
    this.filter.apply()
    this.#nodeRows = layOutNodes(this.model.data, this.filter.partition)
    this.#nodes.setContentHeight(this.#nodeRows.height, NODES_PX)
    this.#keys.setContentHeight(this.#keyRows.height, KEYS_PX)
    this.list.setEvents(this.filter.events())
    this.draw()
  }

  /** @param close zooms in on it */
  select (id: number, close: boolean): void {
    this.#selected = id
    const atUs = this.model.atUs(id)
    if (close) {
      const marginUs = Math.max(CLOSE_US, (this.model.endUs(id) - atUs) / 2)
      this.view.show(atUs - marginUs, this.model.endUs(id) + marginUs)
    } else this.view.reveal(atUs)
    this.list.select(id)
    element('details').textContent = describeEvent(this.model, id)
    this.#revealRow(id)
    this.draw()
  }

  /** Goes to a violation, or the one so many after the last: to the operation that shows it, where it is a history's. */
  jump (to: { readonly violation: number } | { readonly by: number }): void {
    const { length } = this.model.data.violations
    if (length === 0) return
    this.#violation = 'violation' in to ? to.violation : (this.#violation + to.by + length) % length
    element('violation-at').textContent = `${this.#violation + 1} of ${length}`
    const operation = this.model.data.violations[this.#violation]?.operation ?? -1
    if (operation < 0) this.select(eventId('violation', this.#violation), true)
    else this.jumpToOperation(operation)
  }

  /** Goes to the operation with this number. */
  jumpToOperation (number: number): void {
    const i = this.model.operationByNumber.get(number)
    if (i !== undefined) this.select(eventId('operation', i), true)
  }

  #revealRow (id: number): void {
    const { data } = this.model
    const operation = data.operations.findIndex((_, i) => eventId('operation', i) === id)
    const row = this.#keyRows.rows.find(({ key }) => data.keys[key]?.key === data.operations[operation]?.key)
    const { box } = this.#keys
    if (row !== undefined && (row.y < box.scrollTop || row.y + row.height > box.scrollTop + box.clientHeight)) box.scrollTop = row.y - 10
  }

  #drawAll (): void {
    const { model, view, filter } = this
    const colours = this.#colours
    view.left = GUTTER
    view.width = Math.max(50, this.#axis.box.clientWidth - GUTTER - MARGIN)
    drawOverview(this.#overview, model, view, colours, filter.messages)
    drawAxis(this.#axis, model, view, colours)
    this.#drawNodes()
    if (!this.#keys.box.hidden) this.#drawKeys()
    element('range').textContent = `${msText(Math.round(view.startUs))} – ${msText(Math.round(view.stopUs))} ms`
  }

  #drawNodes (): void {
    const surface = this.#nodes
    const scene = { surface, model: this.model, view: this.view, colours: this.#colours, rows: this.#nodeRows }
    surface.begin()
    surface.clipTime(this.view)
    drawGrid(surface, this.view, this.#colours)
    drawFaultTints(scene)
    drawMarks(surface, this.model, this.view, this.#colours, this.#selected)
    drawProcesses(scene)
    drawBands(scene)
    drawFacts(scene)
    const { count, first } = messagesInView(scene, this.filter.messages)
    if (count <= ARROWS_MAX) drawMessages(scene, first, this.#selected)
    drawFaults(scene)
    surface.context.restore()
    drawNodeNames(scene)
    const said = `${count.toLocaleString('en')} messages in view`
    element('messages-note').textContent = count <= ARROWS_MAX ? said : `${said}: zoom in or filter to fewer than ${ARROWS_MAX.toLocaleString('en')} to see them`
  }

  #drawKeys (): void {
    const surface = this.#keys
    surface.begin()
    surface.clipTime(this.view)
    drawGrid(surface, this.view, this.#colours)
    drawMarks(surface, this.model, this.view, this.#colours, this.#selected)
    surface.context.restore()
    const { filter, model } = this
    const isShown = (operation: number): boolean => filter.text === '' || filter.hasText(model.text(eventId('operation', operation)))
    drawKeys({ surface, model, view: this.view, colours: this.#colours, rows: this.#keyRows, selected: this.#selected, isShown })
  }
}
