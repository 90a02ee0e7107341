export { openLevelDisk } from './open.js'
export type { LevelDisk } from './level-disk.js'
export { defaultLevelDiskOptions } from './options.js'
export type { LevelDiskOptions } from './options.js'
