/**
 * GoKeyDB in your own process: `startNode(settings, logger, fatal)` runs a node as `gokeydb start` does; its `api`
 * answers the requests that its HTTP port answers.
 */
export { describeKvError, KvError, outcomeByCode, silentLogger } from './base/index.js'
export type { KvErrorCode, KvErrorDetail, LogFields, Logger, Outcome } from './base/index.js'
export { parseCommandLine, resolveStart } from './cli/index.js'
export type { StartSettings } from './cli/index.js'
export type { KvAnswer, MemberReport, NodeApi, PartitionReport, ReadinessReport, StatusReport } from './node/index.js'
export { createLogger, stderrStream } from './runtime/index.js'
export { startNode } from './start-node.js'
export type { RunningNode } from './start-node.js'
