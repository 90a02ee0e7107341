import type { PeerId } from '../../src/base/index.js'
import type { ChannelName } from '../../src/node/index.js'
import type { EventQueue } from '../kernel/event-queue.js'

/** Frames of one recording; what comes after is not delivered again. */
const REPLAYED_FRAMES_MAX = 10_000

interface Recording {
  readonly channel: ChannelName
  readonly untilUs: number
  readonly delayUs: number
  left: number
}

/** Keeps what one direction of one link was given to carry, and gives it out again later. */
export class Recorder {
  readonly #events: EventQueue
  readonly #again: (from: PeerId, to: PeerId, channel: ChannelName, payload: Uint8Array) => void
  #recordings: Recording[] = []

  /** @param again delivers a frame once more */
  constructor (events: EventQueue, again: (from: PeerId, to: PeerId, channel: ChannelName, payload: Uint8Array) => void) {
    this.#events = events
    this.#again = again
  }

  get isRecording (): boolean {
    return this.#recordings.length > 0
  }

  /** Records the channel for `forUs`; each frame comes again `delayUs` after it was sent. */
  record (channel: ChannelName, forUs: number, delayUs: number): void {
    this.#recordings.push({ channel, untilUs: this.#events.nowUs + forUs, delayUs, left: REPLAYED_FRAMES_MAX })
  }

  take (from: PeerId, to: PeerId, channel: ChannelName, payload: Uint8Array): void {
    const { nowUs } = this.#events
    this.#recordings = this.#recordings.filter((recording) => recording.untilUs >= nowUs)
    for (const recording of this.#recordings) {
      if (recording.channel !== channel || recording.left === 0) continue
      recording.left--
      this.#events.after(recording.delayUs, () => { this.#again(from, to, channel, payload) })
    }
  }
}
