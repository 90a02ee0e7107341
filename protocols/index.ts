/** The wire of GoKeyDB: one door per protocol, all of them here. The schemas of record are the `.proto` files beside them. */
export * from './cluster/index.js'
export * from './kv/index.js'
export * from './limits.js'
export * from './membership/index.js'
export * from './replication/index.js'
export * from './snapshot/index.js'
