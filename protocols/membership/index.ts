export * from './codec.js'
export * from './limits.js'
export * from './messages.js'
