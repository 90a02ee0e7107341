import { msText } from '../format.js'
import { element } from './dom.js'
import { eventOf } from './model.js'
import type { Model } from './model.js'

/** All there is to say of an event. */
export function describeEvent (model: Model, id: number): string {
  const { kind, i } = eventOf(id)
  const [atUs, endUs] = [model.atUs(id), model.endUs(id)]
  const head = `${msText(atUs)} ms  ${model.nodeText(id)}  ${kind}`
  const { data } = model
  if (kind === 'message') {
    const way = model.isLost(i) ? 'lost' : `delivered at ${msText(endUs)} ms, after ${msText(endUs - atUs)} ms`
    return `${head} → ${data.nodes[data.messages.to[i] ?? 0] ?? '?'} (${model.channel(i)}), ${way}\n${model.messageText(i).replaceAll('; ', '\n')}`
  }
  if (kind === 'operation') {
    const place = model.placeInOrder[i] ?? -1
    const story = data.keys.find(({ key }) => key === data.operations[i]?.key)
    const order = model.blocked.has(i) ? `\nCannot be placed. ${story?.text ?? ''}` : place < 0 ? '\nNot in the order found.' : `\nPlace ${place + 1} in the order found.`
    return `${head}\n${model.text(id)}${story?.verdict === 'unchecked' ? '' : order}`
  }
  if (kind === 'fault') return `${head}, step ${data.faults[i]?.step ?? 0}${endUs > atUs ? `, until ${msText(endUs)} ms` : ''}\n${model.text(id)}`
  return `${head}\n${model.text(id)}`
}

const OFFSET_PX = 14

/** Shows a text beside the pointer; an empty one hides it. */
export function showTip (text: string, x: number, y: number): void {
  const tip = element('tip')
  tip.hidden = text === ''
  if (text === '') return
  tip.textContent = text
  const { width, height } = tip.getBoundingClientRect()
  const left = x + OFFSET_PX + width > innerWidth ? Math.max(4, x - OFFSET_PX - width) : x + OFFSET_PX
  const top = y + OFFSET_PX + height > innerHeight ? Math.max(4, y - OFFSET_PX - height) : y + OFFSET_PX
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`
}
