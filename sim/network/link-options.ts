/** How one direction of one link behaves. Times in integer microseconds; `…OneIn` is one frame in so many, 0 none. */
export interface LinkOptions {
  /** The floor: no frame is faster. */
  readonly delayUs: number
  /** Mean of the exponential part on top. */
  readonly jitterUs: number
  /** One frame in so many waits much longer: up to `tailUs`, heavy-tailed. */
  readonly tailOneIn: number
  readonly tailUs: number
  /** Lost, and its stream with it: on an ordered stream what follows a lost frame never arrives; the connection breaks. */
  readonly lossOneIn: number
  /** The frame alone vanishes and the stream goes on: worse than TCP, as a peer that drops a frame by itself. */
  readonly dropOneIn: number
  /** Delivered a second time, a while later; replication and membership only. */
  readonly duplicateOneIn: number
  /** Overtakes, or is overtaken by, its neighbours; replication and membership only. */
  readonly reorderOneIn: number
  /** A bit flips under way: noise detects it and breaks the connection. */
  readonly corruptOneIn: number
  /** Bytes per second; 0: without limit. */
  readonly bandwidth: number
  /** How long a side waits before it notices that a cut connection is gone. */
  readonly cutNoticedUs: number
}

export const calmLink: LinkOptions = {
  delayUs: 100, jitterUs: 150, tailOneIn: 0, tailUs: 0, lossOneIn: 0, dropOneIn: 0, duplicateOneIn: 0, reorderOneIn: 0, corruptOneIn: 0,
  bandwidth: 0, cutNoticedUs: 3_000_000
}
