/** Limits that several protocols share. Each protocol's own are in its folder. */

/**
 * Messages in one frame. A turn says at most a few things per partition to one peer, and there are 1024 partitions;
 * a frame of empty messages is refused here before anything is made of it.
 */
export const FRAME_MESSAGE_COUNT_MAX = 4096

/** Bytes of a peer id's text: an Ed25519 id has 52, an RSA id 46; base's `isPeerId` allows 128. */
export const PEER_ID_SIZE_BYTES_MAX = 128
/** Bytes of a node's name, as base's `isNodeName` has it. */
export const NODE_NAME_SIZE_BYTES_MAX = 64
/** Bytes of a cluster id: 32 hex digits. */
export const CLUSTER_ID_SIZE_BYTES = 32
/** Addresses of one member: more than a host has interfaces worth announcing. */
export const MULTIADDR_COUNT_MAX = 16
/** Bytes of one multiaddr: the longest DNS name (253) is not announced by anybody, everything real is below 100. */
export const MULTIADDR_SIZE_BYTES_MAX = 256
/** Bytes of a member's `http://HOST:PORT`. */
export const HTTP_SIZE_BYTES_MAX = 256
/** Bytes of a sentence for a person; a longer one is cut when it is encoded. */
export const REASON_SIZE_BYTES_MAX = 1024
