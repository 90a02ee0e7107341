export { createLogger, stderrStream } from './logger.js'
export type { LoggerOptions, LogLevel, LogStream } from './logger.js'
export { createScheduler } from './scheduler.js'
export { nowMs, randomSeed, wallMs } from './world.js'
