import { partitionText } from '../format.js'
import { eventOf } from './model.js'
import type { EventKind, Model } from './model.js'

/** What a person wants to see. */
export class Filter {
  text = ''
  /** -1: all. */
  partition = -1
  /** -1: all. */
  node = -1
  readonly channels: Set<string>
  readonly kinds: Set<EventKind> = new Set(['violation', 'fault', 'fact', 'operation'])
  /** By message: whether its arrow is drawn. */
  messages: Uint8Array
  readonly #model: Model

  constructor (model: Model) {
    this.#model = model
    this.channels = new Set(channelsOf(model))
    this.messages = new Uint8Array(model.sentUs.length).fill(1)
  }

  /** To be called after every change. */
  apply (): void {
    const { data } = this.#model
    const { channel, text, from, to } = data.messages
    const words = wordsOf(this.text)
    const name = partitionText(this.partition)
    const matches = data.texts.map((each) => (this.partition < 0 || mentions(each, name)) && words.every((word) => each.toLowerCase().includes(word)))
    const isOn = data.texts.map((each) => this.channels.has(each))
    this.messages = Uint8Array.from(text, (at, i) => {
      const isShown = matches[at] === true && isOn[channel[i] ?? -1] === true && (this.node < 0 || from[i] === this.node || to[i] === this.node)
      return isShown ? 1 : 0
    })
  }

  /** Whether a text other than a message's has what is looked for. */
  hasText (text: string): boolean {
    const words = wordsOf(this.text)
    if (words.length === 0) return true
    const lower = text.toLowerCase()
    return words.every((word) => lower.includes(word))
  }

  /** The events of the list, by time. */
  events (): Float64Array<ArrayBuffer> {
    const { events } = this.#model
    return events.filter((id) => this.#isListed(id))
  }

  #isListed (id: number): boolean {
    const { data } = this.#model
    const { kind, i } = eventOf(id)
    if (!this.kinds.has(kind)) return false
    switch (kind) {
      case 'message': return this.messages[i] === 1
      case 'fact': return this.#isHere(data.facts.node[i], data.facts.partition[i]) && this.hasText(this.#model.text(id))
      case 'violation': return this.#isHere(data.violations[i]?.node, data.violations[i]?.partition) && this.hasText(this.#model.text(id))
      case 'fault': {
        const nodes = data.faults[i]?.nodes ?? []
        return (this.node < 0 || nodes.length === 0 || nodes.includes(this.node)) && this.hasText(this.#model.text(id))
      }
      case 'operation': return (this.node < 0 || data.operations[i]?.through === data.nodes[this.node]) && this.hasText(this.#model.text(id))
    }
  }

  #isHere (node: number | undefined, partition: number | undefined): boolean {
    const isNode = this.node < 0 || node === undefined || node < 0 || node === this.node
    return isNode && (this.partition < 0 || partition === undefined || partition < 0 || partition === this.partition)
  }
}

export function channelsOf ({ data }: Model): string[] {
  return [...new Set(data.messages.channel)].map((at) => data.texts[at] ?? '')
}

const wordsOf = (text: string): string[] => text.toLowerCase().split(/\s+/).filter((word) => word !== '')

/** Whether the partition is named, as a word: `p1` is not in `p12`. */
function mentions (text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isWord(text[at - 1]) && !isWord(text[at + name.length])) return true
  }
  return false
}

const isWord = (character: string | undefined): boolean => character !== undefined && /[\w"-]/.test(character)
