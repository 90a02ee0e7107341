export * from './codec.js'
export * from './limits.js'
export { decodeHardState, decodeLogEntries, encodeHardState, encodeLogEntries } from './log.js'
export * from './messages.js'
