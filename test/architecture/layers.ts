/** What one room of the source may import. */
export interface RoomRules {
  /** Rooms, through their doors. */
  readonly rooms: readonly string[]
  /** Packages, by name; `node:` is the runtime's own modules, `node:x` one of them. */
  readonly packages: readonly string[]
  /** Single files of rooms that are otherwise out of bounds. */
  readonly files?: readonly string[]
  /** No clock, chance, timer, promise or process: what makes a core replayable. */
  readonly pure: boolean
}

const CORES = ['membership', 'placement', 'replication', 'coordinator', 'kv', 'layout']
/** Computation only: no I/O hides in these. */
const PURE_MODULES = ['node:buffer', 'node:zlib']
const LIBP2P = [
  'libp2p', '@libp2p/interface', '@libp2p/crypto', '@libp2p/identify', '@libp2p/kad-dht', '@libp2p/peer-id', '@libp2p/ping', '@libp2p/tcp',
  '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux', '@multiformats/multiaddr', 'multiformats', 'it-pipe'
]

/** What Node.js 20 lacks; without exports, imported before libp2p wherever that is. */
const POLYFILL = 'src/runtime/polyfill.ts'

const core: RoomRules = { rooms: ['base', 'protocols'], packages: PURE_MODULES, pure: true }
const adapter: RoomRules = { rooms: ['base', 'protocols', 'node'], packages: ['node:'], pure: false }
const ROOMS = ['base', 'protocols', ...CORES, 'node', 'storage', 'transport', 'runtime', 'http', 'config', 'cli']

/** Imports go downward only (DESIGN.md section 1). Each dependency belongs to one room. */
export const RULES: Readonly<Record<string, RoomRules>> = {
  base: { rooms: [], packages: PURE_MODULES, pure: true },
  protocols: { rooms: ['base'], packages: PURE_MODULES, pure: true },
  ...Object.fromEntries(CORES.map((name) => [name, core])),
  node: { rooms: ['base', 'protocols', ...CORES], packages: PURE_MODULES, pure: true },
  runtime: adapter,
  storage: { ...adapter, packages: ['node:', 'level', 'classic-level'] },
  transport: { ...adapter, packages: ['node:', ...LIBP2P], files: [POLYFILL] },
  http: adapter,
  config: { rooms: ['base', 'protocols'], packages: ['node:', 'yaml', 'valibot', '@multiformats/multiaddr'], pure: false },
  cli: { rooms: ['base', 'protocols', 'config'], packages: ['node:'], pure: false },
  // the files right under src: the program and the entry for embedding, the only ones that build adapters
  program: { rooms: ROOMS, packages: ['node:'], pure: false },
  // the simulator runs the same driver in a virtual world: no real adapter, no shell
  sim: { rooms: ['base', 'protocols', ...CORES, 'node'], packages: ['node:', 'yaml'], pure: false }
}

/** What a pure room must not mention as a free name. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set([
  'Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval', 'clearImmediate',
  'process', 'globalThis', 'global', 'fetch', 'crypto', 'Promise', 'await', 'async', 'console', 'require', 'eval'
])

/** Ports that are streams by nature: names that single files of pure rooms may mention all the same. */
export const IMPURE_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  'src/node/snapshot-sender.ts': ['async', 'await']
}

/** The room of a file, or undefined where it lies in none. */
export function roomOf (path: string): string | undefined {
  const [top = '', second = '', third] = path.split('/')
  if (top === 'src') return third === undefined ? 'program' : second
  return top === 'protocols' || top === 'sim' || top === 'test' ? top : undefined
}

/** Whether a room may be entered through this file. */
export function isDoor (path: string): boolean {
  if (path.startsWith('protocols/')) return /^protocols\/(\w+\/(index|messages)|index)\.ts$/.test(path)
  // the ports are a door of their own, so that an adapter does not load the driver
  return /^src\/\w+\/index\.ts$/.test(path) || path === POLYFILL || path === 'src/node/ports.ts' || path === 'src/node/api.ts'
}
