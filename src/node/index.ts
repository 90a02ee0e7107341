/**
 * The node: a synchronous driver that feeds inputs to the cores and carries out their effects, and the ports it needs of
 * the world.
 */
export { KEY_BYTES_MAX, TIMEOUT_MS_DEFAULT, TIMEOUT_MS_MAX, VALUE_BYTES_MAX } from './api.js'
export type { AnswerCallback, ChangeCallback, KvAnswer, MemberReport, NodeApi, PartitionReport, ReadinessReport, StatusReport } from './api.js'
export { claimDisk, loadBoot } from './boot.js'
export type { BootState } from './boot.js'
export { Deadlines } from './deadlines.js'
export { NodeDriver } from './driver.js'
export type { NodePorts } from './driver.js'
export { GroupCommit } from './group-commit.js'
export type { NodeInput } from './inputs.js'
export type { Signatures } from '../membership/index.js'
export { defaultTuning, membershipOptionsOf } from './options.js'
export type { NamedPeer, NodeOptions, NodeOrigin, NodeTuning, ReplicaGroup } from './options.js'
export { DiskError } from './ports.js'
export type {
  ChannelName, Disk, DiskEntry, DiskErrorCode, DiskOperation, DiskSnapshot, KeyRange, Scheduler, Transport, TransportInput
} from './ports.js'
export { SequenceWindow } from './sequence-window.js'
