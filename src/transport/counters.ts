/** What the transport has done since it started; only grows. */
export interface TransportCounters {
  readonly framesSent: number
  readonly framesReceived: number
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Frames dropped before they were sent: a full queue, a failed dial, a lost connection. */
  readonly framesDropped: number
  /** Streams reset because their peer announced a frame above the limit. */
  readonly framesTooLong: number
  /** Outbound streams that ended while they were wanted. */
  readonly streamsLost: number
  readonly dials: number
  readonly dialsFailed: number
  readonly snapshotsSent: number
  readonly snapshotsReceived: number
  /** Snapshot streams that ended in an error, either way. */
  readonly snapshotsFailed: number
}

/** The transport's own, to count in. */
export type Counters = { -readonly [Name in keyof TransportCounters]: number }

export const createCounters = (): Counters => ({
  framesSent: 0,
  framesReceived: 0,
  bytesSent: 0,
  bytesReceived: 0,
  framesDropped: 0,
  framesTooLong: 0,
  streamsLost: 0,
  dials: 0,
  dialsFailed: 0,
  snapshotsSent: 0,
  snapshotsReceived: 0,
  snapshotsFailed: 0
})
