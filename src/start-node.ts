import './runtime/polyfill.js'
import { join } from 'node:path'
import { toClusterId, toNodeName } from './base/index.js'
import type { Logger, Multiaddr, NodeName, PeerId } from './base/index.js'
import type { StartSettings } from './cli/index.js'
import { createHttpServer, httpOptionsDefault } from './http/index.js'
import type { HttpServer } from './http/index.js'
import { metaRange } from './layout/index.js'
import { claimDisk, defaultTuning, DiskError, loadBoot, NodeDriver } from './node/index.js'
import type { Disk, DiskOperation, NodeApi, NodeInput, NodeOptions, NodeOrigin, NodePorts, NodeTuning } from './node/index.js'
import { createScheduler, nowMs, randomSeed } from './runtime/index.js'
import { openLevelDisk } from './storage/index.js'
import { createSignatures, createTransport, loadOrCreateIdentity } from './transport/index.js'
import { VERSION } from './version.js'

/** ms a stopping node tries to hand its masterships over. */
const HAND_OVER_MS_MAX = 2000
/** ms it waits for requests under way, and then for the last flush. */
const FINISH_MS_MAX = 2000
/** ms between two looks at whether that has happened. */
const LOOK_EVERY_MS = 10
/** ms the goodbye has to leave. */
const GOODBYE_MS = 100

/** A node that runs. */
export interface RunningNode {
  readonly name: NodeName
  readonly peer: PeerId
  /** For embedders: the same requests as over HTTP. */
  readonly api: NodeApi
  /** `http://HOST:PORT`, dialable. */
  readonly http: string
  readonly multiaddrs: readonly Multiaddr[]
  /** Hands masterships over, says goodbye, finishes requests, flushes. */
  stop (): Promise<void>
}

/**
 * Opens a node's disk, identity and ports and starts its driver over them.
 * @param fatal told once where the node cannot go on after it started
 * @param departed told once where the node has left its cluster for good and holds nothing any more: stop it
 * @throws {DiskError | TransportError | HttpListenError} with a message for the person who starts it; nothing is left open
 */
export async function startNode (settings: StartSettings, log: Logger, fatal: (reason: string) => void, departed: () => void = () => {}): Promise<RunningNode> {
  const undo: Array<() => Promise<void>> = []
  try {
    return await open(settings, log, { fatal, departed }, undo)
  } catch (error) {
    for (const step of undo.reverse()) await step()
    throw error
  }
}

async function open (settings: StartSettings, log: Logger, ends: Pick<NodePorts, 'fatal' | 'departed'>, undo: Array<() => Promise<void>>): Promise<RunningNode> {
  const disk = await openLevelDisk(settings.dataDirectory)
  undo.push(() => disk.close())
  const loaded = loadBoot(await disk.scan(metaRange()))
  const identity = await loadOrCreateIdentity(join(settings.dataDirectory, 'identity.key'), log)
  if (!identity.created && loaded.node === undefined) {
    throw new DiskError('lost', `${settings.dataDirectory} holds this node's identity but no data: the disk was lost. A node without its data must not return as itself; put the data back, or move the directory away and let the node join as a new one`)
  }
  const name = settings.name ?? loaded.node?.name ?? toNodeName(`node-${identity.peer.slice(-8)}`)
  const { boot, operations } = claimDisk(loaded, { peer: identity.peer, name, configuration: settings.signature ?? (settings.join.length > 0 ? JOINED : loaded.node?.configuration ?? '') })
  await writeDurably(disk, operations)
  const before = loaded.node
  if (before?.clusterId !== undefined && settings.signature !== undefined && before.configuration !== settings.signature) {
    log.warn('the cluster section of the configuration differs from the one this node last started with; a founded cluster does not change in this version', { before: before.configuration, now: settings.signature })
  }

  const early: NodeInput[] = []
  let driver: NodeDriver | undefined
  const input = (each: NodeInput): void => {
    if (driver === undefined) early.push(each)
    else driver.input(each)
  }
  const api = lateApi(() => driver)
  const httpServer = createHttpServer(api, { ...httpOptionsDefault, timeoutMsDefault: settings.tuning.timeoutMsDefault }, log)
  const listening = await httpServer.listen(settings.httpHost, settings.httpPort)
  undo.push(() => httpServer.stop(0))
  const http = `http://${formatHost(settings.advertisedHost)}:${listening.port}`
  const transport = await createTransport({
    privateKey: identity.privateKey,
    listen: settings.listen,
    announce: settings.announce,
    secret: settings.secret,
    clusterName: settings.clusterName,
    logger: log
  }, input)
  undo.push(() => transport.stop())
  if (settings.secret === undefined) {
    log.warn('no cluster.secret is set: whoever reaches this node\'s ports can read and write; set one wherever the network is not trusted')
  }

  const origin = originOf(settings, loaded.node?.configuration)
  const options: NodeOptions = {
    peer: identity.peer,
    name,
    clusterName: origin.kind === 'joiner' ? '' : settings.clusterName,
    origin,
    join: settings.join,
    http,
    version: VERSION,
    tuning: tuningOf(settings),
    seed: randomSeed(),
    freshClusterId: toClusterId(randomSeed())
  }
  const scheduler = createScheduler(() => { driver?.turn(nowMs()) })
  undo.push(() => { scheduler.stop(); return Promise.resolve() })
  const started = new NodeDriver(options, boot, { disk, transport, scheduler, log, signatures: createSignatures(identity.privateKey), ...ends }, nowMs())
  driver = started
  for (const each of early) started.input(each)
  log.info('started', { name, peer: identity.peer, http, generation: boot.generation })
  let stopping: Promise<void> | undefined
  return {
    name,
    peer: identity.peer,
    api,
    http,
    multiaddrs: transport.multiaddrs(),
    stop: () => {
      stopping ??= stopNode(started, httpServer, undo)
      return stopping
    }
  }
}

/** DESIGN.md section 2: masterships first, then goodbye, then the requests under way, then the disk. */
async function stopNode (driver: NodeDriver, http: HttpServer, undo: Array<() => Promise<void>>): Promise<void> {
  driver.handOver()
  await until(() => !driver.canHandOver, HAND_OVER_MS_MAX)
  const closed = http.stop(FINISH_MS_MAX)
  await until(() => driver.settled, FINISH_MS_MAX)
  driver.sayGoodbye()
  await closed
  await delay(GOODBYE_MS)
  await until(() => driver.settled, FINISH_MS_MAX)
  for (const step of undo.reverse()) await step()
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

async function until (condition: () => boolean, limitMs: number): Promise<void> {
  const endMs = nowMs() + limitMs
  while (!condition() && nowMs() < endMs) await delay(LOOK_EVERY_MS)
}

function writeDurably (disk: Disk, operations: readonly DiskOperation[]): Promise<void> {
  return new Promise((resolve, reject) => {
    disk.write(operations, (error) => {
      if (error === undefined) resolve()
      else reject(error)
    })
  })
}

/** The API of a driver that does not exist yet: HTTP listens first, so that its port can be told to others. */
function lateApi (driver: () => NodeDriver | undefined): NodeApi {
  const need = (): NodeDriver => {
    const found = driver()
    if (found === undefined) throw new Error('the node is still starting')
    return found
  }
  const refusal = { kind: 'failed', detail: { code: 'not_ready', reason: 'it is still starting' } } as const
  return {
    get: (key, options, answer) => {
      const found = driver()
      if (found === undefined) answer(refusal)
      else found.get(key, options, answer)
    },
    write: (operation, options, answer) => {
      const found = driver()
      if (found === undefined) answer(refusal)
      else found.write(operation, options, answer)
    },
    changeMember: (name, change, options, answer) => {
      const found = driver()
      if (found === undefined) answer(refusal.detail)
      else found.changeMember(name, change, options, answer)
    },
    status: () => need().status(),
    members: () => driver()?.members() ?? [],
    partitions: () => driver()?.partitions() ?? [],
    readiness: () => driver()?.readiness() ?? { ready: false, checks: [{ name: 'running', ok: false, detail: 'it is still starting' }] }
  }
}

/** In place of a configuration on the disk of a node that was told to join: it never founds, however it is started later. */
const JOINED = 'join'

function originOf (settings: StartSettings, before: string | undefined): NodeOrigin {
  const { nodes, partitions, groups, replicas, signature, join: addresses } = settings
  if (signature !== undefined) return { kind: 'named', peers: nodes, partitions, groups, replicas, configuration: signature }
  return addresses.length > 0 || before === JOINED ? { kind: 'joiner' } : { kind: 'lone', partitions, replicas }
}

function tuningOf ({ tuning }: StartSettings): NodeTuning {
  return {
    ...defaultTuning,
    heartbeatIntervalMs: tuning.heartbeatMs,
    electionTimeoutMsMin: tuning.electionTimeoutMs,
    electionTimeoutMsMax: 2 * tuning.electionTimeoutMs,
    probeIntervalMs: tuning.probeIntervalMs,
    probeTimeoutMs: tuning.probeTimeoutMs,
    syncIntervalMs: tuning.syncIntervalMs,
    reconnectIntervalMs: tuning.reconnectIntervalMs,
    deadRememberedMs: tuning.deadRememberedMs,
    replaceAfterMs: tuning.replaceAfterMs,
    requestsMax: tuning.requestsMax
  }
}

const formatHost = (host: string): string => host.includes(':') ? `[${host}]` : host
