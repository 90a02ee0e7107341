/** The libp2p protocol id; another major version is another protocol. */
export const MEMBERSHIP_PROTOCOL = '/gokeydb/membership/1.0.0'

const MIB = 1024 * 1024

/** Records in one sync: twice the members a cluster may have (512), since the dead are remembered. */
export const SYNC_RECORD_COUNT_MAX = 1024
/** Versions in each of a digest's two lists: all listed members, and as many remembered ones. */
export const DIGEST_VERSION_COUNT_MAX = SYNC_RECORD_COUNT_MAX
/** Updates that one probe or answer carries; SWIM and memberlist send six or so. */
export const PROBE_UPDATE_COUNT_MAX = 32
/** Bytes of an Ed25519 signature (RFC 8032 section 5.1.6). */
export const SIGNATURE_SIZE_BYTES = 64
/** Bytes of one record at most: 16 multiaddrs of 256 bytes, an HTTP address of as many, a signature, three ids and what is around them. */
export const MEMBER_RECORD_SIZE_BYTES_MAX = 4856

/**
 * A sync of 1024 records of the greatest size: records are gossip, and no gossip, however large, may make a node's own
 * sync too large to be sent. A sync of 512 usual records has some 120 KiB, a digest of them 32 KiB, a probe below 2 KiB.
 */
export const MEMBERSHIP_FRAME_SIZE_BYTES_MAX = 5 * MIB
/** A frame ends here when there is more to say, so that probes do not wait for a sync to arrive. */
export const MEMBERSHIP_FRAME_SIZE_BYTES_TARGET = 64 * 1024
