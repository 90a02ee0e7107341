/** The libp2p protocol id; another major version is another protocol. */
export const SNAPSHOT_PROTOCOL = '/gokeydb/snapshot/1.0.0'

const KIB = 1024
const MIB = 1024 * KIB

/** Bytes of a storage key, at least 1: a key of 1 KiB behind its prefixes. */
export const SNAPSHOT_KEY_SIZE_BYTES_MAX = 2 * KIB
/** Bytes of a storage record: a value of 1 MiB with its revision and checksum, and as large a session table or map. */
export const SNAPSHOT_VALUE_SIZE_BYTES_MAX = MIB + 64 * KIB
/** One record of the greatest size, or a chunk that was below 256 KiB before its last record. */
export const SNAPSHOT_FRAME_SIZE_BYTES_MAX = 1.5 * MIB
/** Records in one frame, bounded before they are built: 1 MiB of the smallest (16 bytes: prefix, key, checksum, revision). */
export const SNAPSHOT_RECORD_COUNT_MAX = 65_536
