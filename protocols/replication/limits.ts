/** The libp2p protocol id; another major version is another protocol. */
export const REPLICATION_PROTOCOL = '/gokeydb/replication/1.0.0'

const MIB = 1024 * 1024

/**
 * Payload bytes of one log entry. A `commands` entry holds what one partition was asked in a turn: a batch of 4 MiB of
 * values in 128 operations with keys of 1 KiB each stays below 4.2 MiB, and a batch of the size a master aims at plus
 * one last value of 1 MiB fits as well.
 */
export const LOG_ENTRY_PAYLOAD_SIZE_BYTES_MAX = 5 * MIB

/**
 * Payload bytes of one append's entries together: a leader that adds entries until it has 1 MiB may always add one
 * more entry of any size; so may one whose entries total 4 MiB add another 2 MiB.
 */
export const APPEND_PAYLOADS_SIZE_BYTES_MAX = 6 * MIB

/** Entries in one append, bounded before they are built: about 8 MiB of objects. */
export const APPEND_ENTRY_COUNT_MAX = 65_536

/** Bytes around an entry's payload at most: tags, lengths, term and kind. */
export const LOG_ENTRY_OVERHEAD_SIZE_BYTES_MAX = 21

/** 6 MiB of payloads in 65,536 entries with all their overhead (1.3 MiB), and what is around them. */
export const REPLICATION_FRAME_SIZE_BYTES_MAX = 8 * MIB

/** A frame ends here when there is more to say: what joins well (LIBP2P.md section 1.3) and decodes in a few ms. */
export const REPLICATION_FRAME_SIZE_BYTES_TARGET = MIB

/** Voters of one group: twice the replicas of a partition, since a move grows before it shrinks. */
export const CONFIGURATION_VOTER_COUNT_MAX = 14
/** Learners of one group: the replicas of a partition. */
export const CONFIGURATION_LEARNER_COUNT_MAX = 7

/** Entries in one run on disk: what sixteen full appends brought in one turn. */
export const LOG_RUN_ENTRY_COUNT_MAX = 16 * APPEND_ENTRY_COUNT_MAX
