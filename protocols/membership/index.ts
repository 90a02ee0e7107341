export * from './codec.js'
export * from './limits.js'
export * from './messages.js'
export * from './self-statement.js'
