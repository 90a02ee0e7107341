import { toBatchNumber, toEpoch } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { decodeMembershipFrame, encodeMembershipFrame } from '../../protocols/index.js'
import { expect, suite } from '../harness.js'
import { closeLinks, Link } from '../transport/links.js'
import { addressOf, connect, residentMb, startTestNode, stopTestNodes, until } from '../transport/transport-helpers.js'
import type { TestNode } from '../transport/transport-helpers.js'

/** Of the reference (MEMBERSHIP.md section 6, test 24): 100 Mb/s. */
const LINK_RATE = 12_500_000
/** The reference's 60 s of 1 GB take `GOKEYDB_BULK_SECONDS=80`. */
const BULK_SECONDS = Number(process.env['GOKEYDB_BULK_SECONDS'] ?? 15)
const MIXED_SECONDS = 5
const PROBE_EVERY_MS = 20
const RTT_MS_P99 = 250
/** Beside six bulk streams, more than a state transfer is: the shipped probe timeout, so that nobody is doubted. */
const MIXED_RTT_MS_P99 = 500
/**
 * The reference allows 10 % more delay of gossip to others. Between two nodes of one process an idle frame takes half a
 * millisecond, of which 10 % is less than any timer tells; gossip waits for the next round, every 200 ms, so that 10 %
 * of what a member notices is 20 ms. The bulk shares its thread with both ends here, which is harder than real life.
 */
const DELAY_MS_MORE = 20
/** Queues (16 MiB for a peer that reads nothing) and windows (some 2 MiB) of a process that moves 12 MB/s of garbage. */
const MEMORY_MB_MORE = 150
const VALUE_BYTES = 1024 * 1024

const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((x, y) => x - y)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity
}

const portOf = (node: TestNode): number => Number(/tcp\/(\d+)/.exec(addressOf(node))?.[1])

/** Connects over a link of its own. */
async function connectOver (from: TestNode, to: TestNode, rate?: number): Promise<Link> {
  const link = await Link.make({ to: portOf(to), ...rate === undefined ? {} : { rate } })
  from.transport.dial(`/ip4/127.0.0.1/tcp/${link.port}/p2p/${to.peer}` as Multiaddr)
  await until('both ends are connected', () => from.transport.isConnected(to.peer) && to.transport.isConnected(from.peer))
  return link
}

/** Answers pings, reads snapshots, and counts the bulk that came. */
function serve (node: TestNode): { bulkBytes: number } {
  const seen = { bulkBytes: 0 }
  node.onInput = (input) => {
    node.inputs.length = 0
    if (input.kind === 'snapshot-opened') node.transport.snapshotNext(input.stream)
    else if (input.kind === 'snapshot-closed') node.transport.snapshotClose(input.stream, input.error)
    else if (input.kind === 'snapshot-frame') {
      seen.bulkBytes += input.payload.length
      node.transport.snapshotNext(input.stream)
    } else if (input.kind === 'frame' && input.channel === 'membership') {
      for (const message of decodeMembershipFrame(input.payload)) {
        if (message.kind === 'ping') node.transport.send(input.peer, 'membership', encodeMembershipFrame([{ ...message, kind: 'ack' }]))
      }
    } else if (input.kind === 'frame') seen.bulkBytes += input.payload.length
  }
  return seen
}

const TICK_MS = 5

/**
 * How long the machine kept this process from running: timers that were late while it used no processor. It is taken off
 * what is measured, so that a busy machine says nothing about the transport; what our own code blocks stays in.
 */
class StolenTime {
  #sumMs = 0
  #dueMs = performance.now() + TICK_MS
  #cpuMs = cpuMs()
  readonly #timer = setInterval(() => { this.#tick() }, TICK_MS)

  get sumMs (): number {
    this.#tick()
    return this.#sumMs
  }

  stop (): void {
    clearInterval(this.#timer)
  }

  #tick (): void {
    const nowMs = performance.now()
    const usedMs = cpuMs()
    this.#sumMs += Math.max(0, nowMs - this.#dueMs - (usedMs - this.#cpuMs))
    this.#cpuMs = usedMs
    this.#dueMs = nowMs + TICK_MS
  }
}

function cpuMs (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Pings some peers at a steady rate and remembers how long each answer took. */
class Prober {
  readonly #node: TestNode
  readonly #sent = new Map<number, { readonly atMs: number, readonly stolenMs: number }>()
  readonly #stolen = new StolenTime()
  readonly #peers: readonly TestNode[]
  readonly rttMs: ReadonlyMap<TestNode, number[]>
  #sequence = 0
  #timer: NodeJS.Timeout | undefined

  constructor (node: TestNode, peers: readonly TestNode[]) {
    this.#node = node
    this.#peers = peers
    this.rttMs = new Map(peers.map((peer) => [peer, []]))
    node.onInput = (input) => {
      node.inputs.length = 0
      if (input.kind !== 'frame') return
      for (const message of decodeMembershipFrame(input.payload)) this.#answered(input.peer, message.kind === 'ack' ? message.sequence : 0)
    }
  }

  start (): void {
    this.#timer = setInterval(() => { for (const { peer } of this.#peers) this.#ping(peer) }, PROBE_EVERY_MS)
  }

  /** Waits for what is still under way. */
  async stop (): Promise<void> {
    clearInterval(this.#timer)
    await until('every ping is answered', () => this.#sent.size === 0)
    this.#stolen.stop()
  }

  /** What was measured since the last call. */
  take (peer: TestNode): number[] {
    return this.rttMs.get(peer)?.splice(0) ?? []
  }

  #ping (peer: TestNode['peer']): void {
    const sequence = ++this.#sequence
    this.#sent.set(sequence, { atMs: performance.now(), stolenMs: this.#stolen.sumMs })
    this.#node.transport.send(peer, 'membership', ping(sequence))
  }

  #answered (peer: TestNode['peer'], sequence: number): void {
    const sent = this.#sent.get(sequence)
    if (sent === undefined) return
    this.#sent.delete(sequence)
    const rttMs = Math.max(0, performance.now() - sent.atMs - (this.#stolen.sumMs - sent.stolenMs))
    for (const [node, measured] of this.rttMs) if (node.peer === peer) measured.push(rttMs)
  }
}

const ping = (sequence: number): Buffer => encodeMembershipFrame([{ kind: 'ping', sequence, epoch: toEpoch(1), durableBatch: toBatchNumber(1), updates: [] }])

/** A snapshot that goes on until it is told to end. */
class EndlessSnapshot {
  ended = false
  error: string | undefined
  #stop = false

  constructor (from: TestNode, to: TestNode) {
    from.transport.sendSnapshot(to.peer, this.#frames(), (error) => {
      this.ended = true
      this.error = error
    })
  }

  async stop (): Promise<void> {
    this.#stop = true
    await until('the snapshot has arrived', () => this.ended)
    expect.is(this.error, undefined)
  }

  async * #frames (): AsyncGenerator<Uint8Array> {
    while (!this.#stop) yield Buffer.alloc(64 * 1024, 1)
  }
}

const passes = async (seconds: number): Promise<void> => {
  const endMs = performance.now() + seconds * 1000
  await until('the time is over', () => performance.now() > endMs, seconds * 1000 + 5000)
}

suite('bulk and probes on one connection', ({ test, afterEach }) => {
  afterEach(async () => {
    await stopTestNodes()
    await closeLinks()
  })

  test('[M24] bulk does not starve probes: a snapshot fills a link of 100 Mb/s while another peer reads nothing', async () => {
    const [a, b, c, d] = await Promise.all([startTestNode(), startTestNode(), startTestNode(), startTestNode()])
    const toC = await connectOver(a, c)
    await connectOver(a, b, LINK_RATE)
    await connect(a, d)
    const read = serve(b)
    serve(d)
    const prober = new Prober(a, [b, d])
    prober.start()
    await passes(1)
    prober.take(b)
    const idleMs = percentile(prober.take(d), 0.5)
    const idleMb = residentMb()

    toC.swallow()
    const forC = setInterval(() => {
      a.transport.send(c.peer, 'kv', Buffer.alloc(VALUE_BYTES / 8))
      a.transport.send(c.peer, 'membership', ping(0))
    }, 10) // 12 MB/s, which C never reads
    let memoryMb = 0
    const watch = setInterval(() => { memoryMb = Math.max(memoryMb, residentMb()) }, 500)
    const before = read.bulkBytes
    const snapshot = new EndlessSnapshot(a, b)
    await passes(BULK_SECONDS)
    const rate = (read.bulkBytes - before) / BULK_SECONDS
    clearInterval(forC)
    clearInterval(watch)
    await snapshot.stop()
    await prober.stop()

    const toB = prober.take(b)
    const toD = prober.take(d)
    const measured = `A–B p50 ${percentile(toB, 0.5).toFixed(1)} p99 ${percentile(toB, 0.99).toFixed(1)} ms, A–D idle p50 ${idleMs.toFixed(1)}, p50 ${percentile(toD, 0.5).toFixed(1)} p99 ${percentile(toD, 0.99).toFixed(1)} ms, ${(rate / 1e6).toFixed(1)} MB/s, memory +${Math.round(memoryMb - idleMb)} MB, ${toB.length} answers`
    if (process.env['GOKEYDB_BULK_SECONDS'] !== undefined) console.log(measured)
    expect.ok(rate > LINK_RATE / 2, `the link was busy: ${measured}`)
    expect.ok(percentile(toB, 0.99) < RTT_MS_P99, measured)
    expect.ok(percentile(toD, 0.5) - idleMs <= Math.max(idleMs / 10, DELAY_MS_MORE), measured)
    expect.ok(memoryMb - idleMb < MEMORY_MB_MORE, measured)
    expect.is(a.transport.isConnected(c.peer), true, 'a peer that reads nothing loses its streams, not its connection')
  }, { limitMs: BULK_SECONDS * 1000 + 30_000 })

  test('[M24] bulk does not starve probes: values of a mebibyte on both channels and four snapshots share the link with them', async () => {
    const [a, b] = await Promise.all([startTestNode(), startTestNode()])
    await connectOver(a, b, LINK_RATE)
    const read = serve(b)
    const kinds = ['replication', 'kv'] as const
    const perChannel = { replication: 0, kv: 0 }
    const onInput = b.onInput
    b.onInput = (input) => {
      if (input.kind === 'frame' && (input.channel === 'replication' || input.channel === 'kv')) perChannel[input.channel] += input.payload.length
      onInput?.(input)
    }
    // Their streams are the oldest: libp2p lets those go first.
    for (const kind of kinds) a.transport.send(b.peer, kind, Buffer.alloc(1))
    await until('both channels stand', () => kinds.every((kind) => perChannel[kind] > 0))
    const prober = new Prober(a, [b])
    const feed = setInterval(() => { for (const kind of kinds) if (perChannel[kind] + 4 * VALUE_BYTES > sent[kind]) send(kind) }, 5)
    const sent = { replication: 0, kv: 0 }
    const send = (kind: typeof kinds[number]): void => {
      a.transport.send(b.peer, kind, Buffer.alloc(VALUE_BYTES))
      sent[kind] += VALUE_BYTES
    }
    const snapshots = Array.from({ length: 4 }, () => new EndlessSnapshot(a, b))
    await passes(0.5)
    prober.start()
    await passes(MIXED_SECONDS)
    clearInterval(feed)
    await prober.stop()
    await Promise.all(snapshots.map(async (snapshot) => { await snapshot.stop() }))

    const toB = prober.take(b)
    const total = read.bulkBytes
    const share = (bytes: number): string => `${Math.round(100 * bytes / total)} %`
    const measured = `p50 ${percentile(toB, 0.5).toFixed(1)} p99 ${percentile(toB, 0.99).toFixed(1)} ms; replication ${share(perChannel.replication)}, kv ${share(perChannel.kv)} of ${(total / 1e6).toFixed(1)} MB`
    if (process.env['GOKEYDB_BULK_SECONDS'] !== undefined) console.log(measured)
    expect.ok(percentile(toB, 0.99) < MIXED_RTT_MS_P99, measured)
    for (const kind of kinds) expect.ok(perChannel[kind] > total / 20, `nobody is starved: ${measured}`)
    expect.is(a.transport.counters().streamsLost, 0)
  }, { limitMs: 60_000 })
})
