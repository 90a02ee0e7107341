export { shrink } from './shrink.js'
export type { Shrunk, ShrinkOptions } from './shrink.js'
