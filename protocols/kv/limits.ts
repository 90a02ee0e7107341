/** The libp2p protocol id; another major version is another protocol. */
export const KV_PROTOCOL = '/gokeydb/kv/1.0.0'

const MIB = 1024 * 1024

/** Bytes of a key, at least 1 (DESIGN.md section 3). */
export const KEY_SIZE_BYTES_MAX = 1024
/** Bytes of a value, which may be empty (DESIGN.md section 3). */
export const VALUE_SIZE_BYTES_MAX = MIB

/** Eight of the largest values, or an atomic batch of 4 MiB with room for its keys. */
export const KV_FRAME_SIZE_BYTES_MAX = 8 * MIB
/** A frame ends here when there is more to say: what joins well (LIBP2P.md section 1.3) and decodes in a few ms. */
export const KV_FRAME_SIZE_BYTES_TARGET = MIB

/** Milliseconds of a deadline at most: 49 days in 32 bits; what is longer is sent as this. */
export const KV_TIMEOUT_MS_MAX = 0xffffffff

/** Origins in one log entry: twice as many as a cluster has members, for those that restarted in between. */
export const ENTRY_ORIGIN_COUNT_MAX = 1024
/** Commands in one log entry: sixteen times what a master puts into one. */
export const ENTRY_COMMAND_COUNT_MAX = 16_384
/** Bytes of one command in a log entry beyond its key and value at most. */
export const COMMAND_OVERHEAD_SIZE_BYTES_MAX = 24
/** Bytes of one origin in a log entry beyond its commands at most. */
export const ORIGIN_OVERHEAD_SIZE_BYTES_MAX = 160
