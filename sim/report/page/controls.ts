import { partitionText, SYSTEM } from '../format.js'
import type { App } from './app.js'
import { create, element, oncePerFrame } from './dom.js'
import { channelsOf } from './filter.js'
import { EVENT_KINDS } from './model.js'

const ZOOM = 1.6
const PAN_SHARE = 0.2
const SCROLL_PX = 60

/** Buttons, choices and keys. */
export function attachControls (app: App): void {
  const { view } = app
  const middleUs = (): number => (view.startUs + view.stopUs) / 2
  const actions: Readonly<Record<string, () => void>> = {
    'zoom-in': () => { view.zoom(ZOOM, middleUs()) },
    'zoom-out': () => { view.zoom(1 / ZOOM, middleUs()) },
    fit: () => { view.fit() },
    'violation-before': () => { app.jump({ by: -1 }) },
    'violation-next': () => { app.jump({ by: 1 }) },
    copy: () => { copyCommand() }
  }
  for (const [id, act] of Object.entries(actions)) element(id).addEventListener('click', act)
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[data-violation], a[data-operation]') : null
    if (!(link instanceof HTMLElement)) return
    event.preventDefault()
    const { violation, operation } = link.dataset
    if (violation !== undefined) app.jump({ violation: Number(violation) })
    else if (operation !== undefined) app.jumpToOperation(Number(operation))
  })
  element('violation-group').hidden = app.model.data.violations.length === 0
  attachFilters(app)
  attachKeys(app, actions)
}

function attachFilters (app: App): void {
  const { filter, model } = app
  const filtered = oncePerFrame(() => { app.filtered() })
  const text = element('filter-text')
  text.addEventListener('input', () => {
    if (text instanceof HTMLInputElement) filter.text = text.value
    filtered()
  })
  const partitions = [...new Set(model.data.replicas.flat())].sort((a, b) => (a === SYSTEM ? -1 : a) - (b === SYSTEM ? -1 : b))
  attachChoice('filter-partition', partitions.map((partition) => [partition, partitionText(partition)]), (value) => {
    filter.partition = value
    app.filtered()
  })
  attachChoice('filter-node', model.data.nodes.map((name, node) => [node, name]), (value) => {
    filter.node = value
    app.filtered()
  })
  attachSwitches('channels', channelsOf(model), filter.channels, app)
  attachSwitches('kinds', EVENT_KINDS, filter.kinds, app)
}

function attachChoice (id: string, choices: ReadonlyArray<readonly [number, string]>, chosen: (value: number) => void): void {
  const select = element(id)
  if (!(select instanceof HTMLSelectElement)) return
  for (const [value, text] of choices) select.add(new Option(text, String(value)))
  select.addEventListener('change', () => { chosen(Number(select.value)) })
}

function attachSwitches<Name extends string> (id: string, names: readonly Name[], on: Set<Name>, app: App): void {
  for (const name of names) {
    const label = create('label', `switch ${name}`)
    const input = document.createElement('input')
    input.type = 'checkbox'
    input.checked = on.has(name)
    input.addEventListener('change', () => {
      if (input.checked) on.add(name)
      else on.delete(name)
      app.filtered()
    })
    label.append(input, create('span', '', id === 'kinds' ? `${name}s` : name))
    element(id).append(label)
  }
}

/** Keys that work wherever nothing is being typed. */
function attachKeys (app: App, actions: Readonly<Record<string, () => void>>): void {
  const { view } = app
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => { actions['zoom-in']?.() },
    '=': () => { actions['zoom-in']?.() },
    '-': () => { actions['zoom-out']?.() },
    0: () => { view.fit() },
    ArrowLeft: () => { view.pan(-view.spanUs * PAN_SHARE) },
    ArrowRight: () => { view.pan(view.spanUs * PAN_SHARE) },
    ArrowUp: () => { scrollPane(-SCROLL_PX) },
    ArrowDown: () => { scrollPane(SCROLL_PX) },
    Home: () => { view.pan(-Infinity) },
    End: () => { view.pan(Infinity) },
    n: () => { app.jump({ by: 1 }) },
    p: () => { app.jump({ by: -1 }) },
    j: () => { app.list.step(1) },
    k: () => { app.list.step(-1) },
    '/': () => { element('filter-text').focus() }
  }
  document.addEventListener('keydown', (event) => {
    const { target } = event
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLButtonElement) {
      if (event.key === 'Escape') target.blur()
      if (!(target instanceof HTMLButtonElement) || event.key === ' ' || event.key === 'Enter') return
    }
    const act = keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })
}

function scrollPane (byPx: number): void {
  const { activeElement } = document
  const pane = activeElement instanceof HTMLElement && activeElement.classList.contains('pane') ? activeElement : element('nodes')
  pane.scrollTop += byPx
}

function copyCommand (): void {
  const button = element('copy')
  navigator.clipboard.writeText(element('again').textContent).then(
    () => { button.textContent = 'copied' },
    () => { getSelection()?.selectAllChildren(element('again')) }
  )
}
