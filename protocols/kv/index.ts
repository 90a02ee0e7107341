export * from './codec.js'
export { decodeOriginCommands, encodeOriginCommands } from './commands.js'
export * from './limits.js'
export * from './messages.js'
