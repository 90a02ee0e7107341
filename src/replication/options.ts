import { assert } from '../base/index.js'
import type { MemberId, PartitionId } from '../base/index.js'

/** The figures of a group that do not depend on which group it is. */
export interface GroupTuning {
  /**
   * ms between a leader's signs of life (default 100). Up: less idle traffic, loss noticed later, lost read requests
   * repeated later. Down: the opposite. At most half of `electionTimeoutMsMin`, so that one lost heartbeat deposes nobody.
   */
  readonly heartbeatIntervalMs: number
  /**
   * ms (default 1000): for so long after a sign of the leader a voter refuses others its vote, and after so long
   * without a quorum a leader steps down. Up: fewer false elections where event loops and disks stall. Down: faster
   * failover. Ten heartbeats by default (thesis section 9.3 wants far more than a broadcast's time).
   */
  readonly electionTimeoutMsMin: number
  /**
   * ms (default 2000): a replica waits a random time between the two limits, drawn anew for each wait. Up: fewer split
   * votes. Down: faster failover. The spread should be several broadcasts' time (thesis section 9.3).
   */
  readonly electionTimeoutMsMax: number
  /**
   * ms (default 150): when the connection to the leader closes, campaigns begin within this time, at random. Up: fewer
   * split votes. Down: faster failover.
   */
  readonly leaderLostDelayMsMax: number
  /**
   * ms (default 1000) for which the preferred master must have answered and been caught up before mastership returns
   * to it. Up: fewer handovers around a flapping node. Down: the configured placement is restored sooner.
   */
  readonly transferBackAfterMs: number
  /**
   * Appends with entries that may be under way to one follower (default 64). Up: throughput over long round trips.
   * Down: less to send again after a loss. 1 is stop-and-wait.
   */
  readonly inflightAppendsMax: number
  /** Payload bytes under way to one follower (default 8 MiB); the append that reaches it is still sent. Up: throughput; down: memory of slow links. */
  readonly inflightBytesMax: number
  /** Payload bytes of one append (default 512 KiB); one entry is always sent, however large. Up: fewer messages while catching up; down: smoother sharing of a link. */
  readonly appendBytesMax: number
  /** Entries of one append (default 256). As above. */
  readonly appendEntriesMax: number
  /** Payload bytes that a leader takes before they are committed (default 16 MiB); beyond it `propose` refuses. Up: longer queues under overload; down: earlier refusals. */
  readonly uncommittedBytesMax: number
  /** ms (default 60,000) after which a snapshot that was not confirmed is asked for again. Up: patience with large states; down: faster recovery from a lost stream. */
  readonly snapshotTimeoutMs: number
}

/** One group of one replica. */
export interface GroupOptions extends GroupTuning {
  readonly partition: PartitionId
  /** This replica's member. */
  readonly self: MemberId
  /** The voter that mastership returns to at first, see `prefer`; undefined: whoever was elected keeps it. */
  readonly preferred: MemberId | undefined
}

const KIB = 1024
const MIB = 1024 * KIB

export const defaultGroupOptions: GroupTuning = {
  heartbeatIntervalMs: 100,
  electionTimeoutMsMin: 1000,
  electionTimeoutMsMax: 2000,
  leaderLostDelayMsMax: 150,
  transferBackAfterMs: 1000,
  inflightAppendsMax: 64,
  inflightBytesMax: 8 * MIB,
  appendBytesMax: 512 * KIB,
  appendEntriesMax: 256,
  uncommittedBytesMax: 16 * MIB,
  snapshotTimeoutMs: 60_000
}

/** Stops the program where options contradict each other: they come from our own checked configuration. */
export function assertGroupOptions (options: GroupOptions): void {
  assert(options.heartbeatIntervalMs > 0, 'heartbeatIntervalMs is positive')
  assert(options.heartbeatIntervalMs * 2 <= options.electionTimeoutMsMin, 'electionTimeoutMsMin is at least two heartbeats')
  assert(options.electionTimeoutMsMin <= options.electionTimeoutMsMax, 'electionTimeoutMsMin is at most electionTimeoutMsMax')
  assert(options.leaderLostDelayMsMax >= 0 && options.transferBackAfterMs >= 0, 'delays are not negative')
  assert(options.inflightAppendsMax >= 1 && options.inflightBytesMax >= 1, 'something may be under way')
  assert(options.appendBytesMax >= 1 && options.appendEntriesMax >= 1, 'an append has room for an entry')
  assert(options.uncommittedBytesMax >= 1 && options.snapshotTimeoutMs > 0, 'limits are positive')
}
