import { toBatchNumber, toClusterId, toEpoch, toGeneration, toNodeName } from '../../src/base/index.js'
import type { Multiaddr } from '../../src/base/index.js'
import { dataKey } from '../../src/layout/index.js'
import { DiskError } from '../../src/node/index.js'
import type { KvAnswer, NodeOrigin } from '../../src/node/index.js'
import { bucketOf } from '../../src/placement/index.js'
import { encodeClusterFrames } from '../../protocols/cluster/index.js'
import type { ClusterMessage } from '../../protocols/cluster/index.js'
import { World } from '../../sim/world/world.js'
import type { WorldOptions } from '../../sim/world/world.js'
import { expect, suite } from '../harness.js'

const THREE = ['a', 'b', 'c']

function namedOrigin (names: readonly string[], partitions: number, configuration = 'one'): NodeOrigin {
  const [master = '', ...slaves] = names
  return {
    kind: 'named',
    peers: names.map((name, i) => ({ name: toNodeName(name), multiaddr: `/ip4/10.0.0.${i + 1}/tcp/9080` as Multiaddr })),
    partitions,
    groups: [{ master: toNodeName(master), slaves: slaves.map(toNodeName) }],
    replicas: 0,
    configuration
  }
}

/** Three nodes of one group, running, every partition mastered by the first. */
async function three (seed: string, partitions = 2, options: Partial<WorldOptions> = {}): Promise<World> {
  const world = new World({ seed, ...options })
  for (const name of THREE) world.add(name, namedOrigin(THREE, partitions))
  for (const name of THREE) world.start(name)
  await settled(world, 'a')
  return world
}

async function settled (world: World, master: string): Promise<void> {
  const done = await world.until(() => {
    const reports = world.node(master).driver?.partitions() ?? []
    return reports.length > 0 && reports.every(({ role }) => role === 'master')
  }, 30_000)
  expect.ok(done, `${master} masters every partition: ${JSON.stringify(world.node(master).driver?.partitions())}`)
}

const masterOf = (world: World): string | undefined =>
  world.running().find((node) => node.driver?.partitions()[0]?.role === 'master')?.name

function text (answer: KvAnswer): string {
  return answer.kind === 'value' ? Buffer.from(answer.value).toString() : answer.kind === 'failed' ? answer.detail.code : answer.kind
}

suite('a cluster of three whole nodes in virtual time', ({ test }) => {
  test('is founded once, whatever node is asked, and mastership goes to the preferred master', async () => {
    const world = await three('founding')
    const ids = new Set(THREE.map((name) => world.node(name).driver?.status().clusterId))
    expect.is(ids.size, 1)
    expect.is((await world.set('b', 'k', 'v')).kind, 'set')
    for (const name of THREE) expect.is(text(await world.get(name, 'k')), 'v')
    expect.is(text(await world.get('c', 'nothing')), 'missing')
  })

  test('revisions count a partition\'s changes; deleting what is missing changes nothing', async () => {
    const world = await three('revisions', 1)
    expect.equal(await world.set('a', 'x', '1'), { kind: 'set', revision: 1 })
    expect.equal(await world.set('b', 'y', '1'), { kind: 'set', revision: 2 })
    expect.equal(await world.delete('c', 'x'), { kind: 'delete', deleted: true, revision: 3 })
    expect.equal(await world.delete('c', 'x'), { kind: 'delete', deleted: false, revision: 3 })
    expect.equal(await world.set('a', 'x', ''), { kind: 'set', revision: 4 })
    expect.is(text(await world.get('b', 'x')), '')
    expect.is(world.node('a').driver?.partitions()[0]?.keyCount, 2)
  })

  test('the master dies: another one answers within two election timeouts, with everything acknowledged', async () => {
    const world = await three('failover')
    for (let i = 0; i < 20; i++) expect.is((await world.set(THREE[i % 3] as string, `k${i}`, `v${i}`)).kind, 'set')
    world.crash('a')
    const begunMs = world.nowMs
    expect.is((await world.set('b', 'after', 'the crash')).kind, 'set')
    expect.ok(world.nowMs - begunMs < 4000, `${world.nowMs - begunMs} ms`)
    for (let i = 0; i < 20; i++) expect.is(text(await world.get('c', `k${i}`)), `v${i}`)
    world.start('a')
    await settled(world, 'a')
    expect.is(text(await world.get('a', 'after')), 'the crash')
  })

  test('the closed connection is the hint: a killed master is replaced well before the election timeout', async () => {
    const world = await three('hint')
    world.crash('a')
    const begunMs = world.nowMs
    expect.is((await world.set('b', 'k', 'v')).kind, 'set')
    expect.ok(world.nowMs - begunMs < 900, `${world.nowMs - begunMs} ms`)
  })

  test('a write that waits at a master that stopped running goes to the next one as soon as that is known', async () => {
    for (let seed = 0; seed < 8; seed++) {
      const world = await three(`paused master ${seed}`, 1)
      world.pause('a', 20_000_000)
      let answeredMs = Infinity
      let knownMs = Infinity
      world.node('b').write({ op: 'set', key: Buffer.from('k'), value: Buffer.from('v') }, { timeoutMs: 10_000 }, (answer) => {
        expect.is(text(answer), 'set')
        answeredMs = world.nowMs
      })
      await world.until(() => {
        const master = world.node('b').driver?.partitions()[0]?.master
        if (knownMs === Infinity && master !== undefined && master !== 'a') knownMs = world.nowMs
        return answeredMs < Infinity
      }, 10_000)
      expect.ok(answeredMs - knownMs < 150, `seed ${seed}: ${answeredMs - knownMs} ms after b knew the new master`)
    }
  })

  test('a minority refuses writes and reads unchanged; the majority goes on; healed, all agree', async () => {
    const world = await three('minority')
    await world.set('a', 'k', 'before')
    world.partition(['a'], ['b', 'c'])
    expect.is((await world.set('b', 'k', 'majority', 10_000)).kind, 'set')
    await world.run(4000)
    const write = await world.set('a', 'k', 'minority', 500)
    expect.equal(write.kind === 'failed' && write.detail.code, 'no_quorum')
    const read = await world.get('a', 'k', { timeoutMs: 500 })
    expect.equal(read.kind === 'failed' && read.detail.code, 'no_quorum')
    const local = await world.get('a', 'k', { consistency: 'local' })
    expect.is(text(local), 'before')
    expect.ok(local.kind === 'value' && local.ageMsMax > 3000, 'it says how old it is')
    world.network.heal()
    await settled(world, 'a')
    for (const name of THREE) expect.is(text(await world.get(name, 'k')), 'majority')
  })

  test('a write that a cut-off master took in before it knew is unknown, never "unchanged"; a later read tells', async () => {
    const world = await three('unknown')
    world.partition(['a'], ['b', 'c'])
    const write = await world.set('a', 'k', 'perhaps', 300)
    expect.equal(write.kind === 'failed' && write.detail.code, 'write_unknown')
    await world.run(5000)
    world.network.heal()
    await settled(world, 'a')
    expect.is(text(await world.get('b', 'k')), 'missing', 'the majority went on without it')
  })

  test('a write whose answer was lost is applied once, whichever master it is asked of again', async () => {
    const world = await three('retry', 1)
    expect.is((await world.set('b', 'k', 'first')).kind, 'set')
    let answer: KvAnswer | undefined
    world.node('b').driver?.write({ op: 'set', key: Buffer.from('k'), value: Buffer.from('second') }, { timeoutMs: 20_000 }, (got) => { answer = got })
    // The master logs it and dies before it answers; its gateway asks the next master with the same number.
    await world.until(() => (world.node('a').driver?.partitions()[0]?.commitIndex ?? 0) > 2, 1000)
    world.crash('a')
    await world.until(() => answer !== undefined, 20_000)
    expect.equal(answer, { kind: 'set', revision: 2 })
    expect.is((await world.set('c', 'k', 'third')).kind, 'set')
    expect.is(world.node('c').driver?.partitions()[0]?.revision, 3, 'three changes, three revisions')
  })

  test('a greeting that is lost with its stream is given again: two nodes do not stay connected strangers', async () => {
    const world = await three('lost greeting', 1)
    world.crash('b')
    let lost = 0
    world.network.isLost = (from, to, channel) => channel === 'cluster' && from === world.node('a').peer && to === world.node('b').peer && lost++ < 1
    world.start('b')
    await world.until(() => lost > 0, 10_000)
    world.crash('c') // only a and b are left: without each other neither can answer
    expect.is((await world.set('b', 'k', 'v', 4500)).kind, 'set')
  })

  test('a greeting that newer probes overtook is no disk that was rolled back', async () => {
    const world = await three('late greeting', 1)
    for (let i = 0; i < 40; i++) await world.set('a', `k${i}`, 'v')
    await world.run(5000) // b hears of c's newest batch by probes
    const status = world.node('c').driver?.status()
    const late: ClusterMessage = {
      kind: 'hello', version: 1, clusterName: 'simulated', clusterId: toClusterId(status?.clusterId ?? ''), name: toNodeName('c'), generation: toGeneration(1),
      multiaddrs: [world.node('c').address], http: '', epoch: toEpoch(1), durableBatch: toBatchNumber(2), heardBatch: toBatchNumber(0)
    }
    for (const payload of encodeClusterFrames([late])) world.node('b').driver?.input({ kind: 'frame', peer: world.node('c').peer, channel: 'cluster', payload })
    await world.run(2000)
    for (const name of THREE) expect.is(world.node(name).fatal, undefined, name)
    expect.is(text(await world.get('c', 'k39')), 'v')
  })

  test('all nodes lose power in the middle of writes: what was acknowledged is there', async () => {
    const world = await three('power', 4)
    const acknowledged: string[] = []
    for (let i = 0; i < 200; i++) {
      world.node(THREE[i % 3] as string).driver?.write({ op: 'set', key: Buffer.from(`k${i}`), value: Buffer.from('v') }, { timeoutMs: 5000 }, (answer) => {
        if (answer.kind === 'set') acknowledged.push(`k${i}`)
      })
    }
    await world.until(() => acknowledged.length >= 100, 5000)
    for (const name of THREE) world.crash(name)
    expect.ok(acknowledged.length >= 100 && acknowledged.length <= 200)
    for (const name of THREE) world.start(name)
    await settled(world, 'a')
    for (const key of acknowledged) expect.is(text(await world.get('b', key)), 'v', key)
  })

  test('one node alone of three founds nothing, and says what it waits for', async () => {
    const world = new World({ seed: 'alone' })
    for (const name of THREE) world.add(name, namedOrigin(THREE, 1))
    world.start('a')
    await world.run(20_000)
    const readiness = world.node('a').driver?.readiness()
    expect.is(readiness?.ready, false)
    expect.match(readiness?.checks[0]?.detail ?? '', /needed/)
    expect.is(text(await world.set('a', 'k', 'v', 100)), 'not_ready')
  })

  test('a wiped founder founds no second cluster: it routes, unadmitted, under another identity', async () => {
    const world = await three('wiped')
    await world.set('a', 'k', 'v')
    const id = world.node('b').driver?.status().clusterId
    world.wipe('a')
    world.start('a')
    expect.ok(await world.until(() => world.node('a').driver?.status().clusterId === id, 20_000), 'it finds the old cluster')
    await world.run(10_000)
    const status = world.node('a').driver?.status()
    expect.is(status?.admitted, false)
    expect.is(status?.partitions.replicas, 0)
    expect.match(status?.reasons.join(' ') ?? '', /bound to another peer id/)
    expect.is(text(await world.get('a', 'k')), 'v')
    expect.is((await world.set('a', 'k', 'w')).kind, 'set')
  })

  test('a disk that was rolled back is found out: the node ends itself and says why', async () => {
    const world = await three('rollback')
    await world.set('a', 'k', '1')
    const image = world.node('c').disk.image()
    for (let i = 0; i < 30; i++) await world.set('a', `k${i}`, 'v')
    await world.run(5000) // probes carry what is durable
    world.crash('c')
    world.node('c').disk.restore(image)
    world.start('c')
    expect.ok(await world.until(() => world.node('c').fatal !== undefined, 20_000), 'it ends')
    expect.match(world.node('c').fatal ?? '', /rolled back|lost/)
  })

  test('a slave beyond its master\'s log gets a snapshot, also where it dies in the middle of one', async () => {
    const world = await three('snapshot', 1, { tuning: { logRetainBytes: 1 } })
    world.crash('c')
    const value = 'v'.repeat(2000)
    for (let i = 0; i < 300; i++) expect.is((await world.set('b', `k${i}`, `${value}${i}`)).kind, 'set')
    world.start('c')
    expect.ok(await world.until(() => world.node('c').driver?.partitions()[0]?.role === 'installing', 20_000), 'an installation begins')
    await world.run(3)
    world.crash('c')
    world.start('c')
    expect.ok(await world.until(() => {
      const [mine, masters] = [world.node('c').driver?.partitions()[0], world.node('a').driver?.partitions()[0]]
      return mine?.role === 'slave' && mine.appliedIndex === masters?.appliedIndex && mine.keyCount === masters?.keyCount
    }, 60_000), `it has caught up: ${JSON.stringify(world.node('c').driver?.partitions())}`)
    for (const i of [0, 7, 299]) expect.is(text(await world.get('c', `k${i}`, { consistency: 'local' })), `${value}${i}`)
    // It can take over with what it was given, sessions and counters included.
    world.crash('a')
    world.crash('b')
    world.start('b')
    expect.equal(await world.set('c', 'next', 'v', 20_000), { kind: 'set', revision: 301 })
  })

  test('a flipped bit in a value stops the replica, by name; it never means "missing"', async () => {
    const world = await three('bit rot', 1)
    await world.set('a', 'k', 'value')
    await world.run(1000)
    const key = Buffer.from('k')
    expect.ok(world.node('c').disk.corrupt(dataKey(bucketOf(key), key), 77))
    const local = await world.get('c', 'k', { consistency: 'local' })
    expect.is(text(local), 'value', 'another replica answers')
    expect.is(world.node('c').driver?.partitions()[0]?.role, 'failed')
    const readiness = world.node('c').driver?.readiness()
    expect.is(readiness?.ready, false)
    expect.match(JSON.stringify(readiness?.checks), /checksum/)
    expect.is((await world.set('b', 'k', 'next')).kind, 'set', 'the other two are a majority')
  })

  test('a failed flush ends the node and is never retried; restarted it is as good as its disk', async () => {
    const world = await three('failed flush')
    await world.set('a', 'k', '1')
    world.node('b').disk.failNextWrite(new DiskError('write_failed', 'planted'), { lands: true })
    await world.set('a', 'k', '2')
    expect.ok(await world.until(() => world.node('b').fatal !== undefined && world.node('b').driver === undefined, 10_000))
    expect.match(world.node('b').fatal ?? '', /planted/)
    world.start('b')
    world.crash('c')
    expect.is((await world.set('a', 'k', '3', 20_000)).kind, 'set')
    expect.is(text(await world.get('b', 'k')), '3')
  })

  test('a full disk refuses sets with what to do, and still answers reads and deletes', async () => {
    const world = await three('full', 1)
    await world.set('a', 'k', 'v')
    world.node('a').disk.availableBytes = 0
    const answer = await world.set('b', 'k', 'w')
    expect.is(text(answer), 'disk_full')
    expect.is(text(await world.get('c', 'k')), 'v')
    expect.equal(await world.delete('b', 'k'), { kind: 'delete', deleted: true, revision: 2 })
  })

  test('a node of another cluster is refused with the reason, and neither changes', async () => {
    const world = await three('foreign')
    world.add('x', { kind: 'lone', partitions: 2, replicas: 3 }, [world.node('a').address])
    world.start('x')
    await world.run(10_000)
    expect.is.not(world.node('x').driver?.status().clusterId, world.node('a').driver?.status().clusterId)
    await world.set('x', 'k', 'mine')
    await world.set('a', 'k', 'theirs')
    expect.is(text(await world.get('x', 'k')), 'mine')
    expect.is(text(await world.get('b', 'k')), 'theirs')
    expect.not.ok(world.node('a').driver?.members().some(({ name }) => name === 'x'))
  })

  test('a node whose configuration differs does not take part in founding', async () => {
    const world = new World({ seed: 'differs' })
    world.add('a', namedOrigin(THREE, 2))
    world.add('b', namedOrigin(THREE, 2))
    world.add('c', namedOrigin(THREE, 2, 'another'))
    for (const name of THREE) world.start(name)
    await world.run(10_000)
    expect.is(world.node('a').driver?.status().clusterId, undefined, 'two others are needed, and only one agrees')
    expect.match(world.node('c').driver?.readiness().checks[0]?.detail ?? '', /differ/)
  })

  test('a joiner answers for every key and comes back by itself, wherever the others are then', async () => {
    const world = await three('joiner', 4)
    world.add('d', { kind: 'joiner' }, [world.node('b').address])
    world.start('d')
    expect.ok(await world.until(() => world.node('d').driver?.readiness().ready === true, 20_000), 'it is admitted')
    for (let i = 0; i < 20; i++) expect.is((await world.set('d', `k${i}`, `v${i}`)).kind, 'set')
    for (let i = 0; i < 20; i++) expect.is(text(await world.get('a', `k${i}`)), `v${i}`)
    world.crash('d')
    world.crash('b')
    world.start('d')
    await world.until(() => world.node('d').driver !== undefined, 1000)
    expect.is(text(await world.get('d', 'k3', { timeoutMs: 20_000 })), 'v3')
  })

  test('a lone node founds a cluster of its own and answers at once after a restart', async () => {
    const world = new World({ seed: 'lone' })
    world.add('solo', { kind: 'lone', partitions: 16, replicas: 3 })
    world.start('solo')
    await world.until(() => world.node('solo').driver?.readiness().ready === true, 5000)
    expect.is((await world.set('solo', 'k', 'v')).kind, 'set')
    const id = world.node('solo').driver?.status().clusterId
    world.crash('solo')
    world.start('solo')
    await world.until(() => world.node('solo').driver !== undefined, 1000)
    expect.is(text(await world.get('solo', 'k')), 'v')
    expect.is(world.node('solo').driver?.status().clusterId, id)
  })

  test('a graceful stop leaves the mastership with a slave before the node goes', async () => {
    const world = await three('hand over')
    world.node('a').driver?.handOver()
    expect.ok(await world.until(() => masterOf(world) !== undefined && masterOf(world) !== 'a', 2000), 'another node is master')
    await world.run(3000)
    expect.is.not(masterOf(world), 'a', 'and it does not come back while the node stops')
    const begunMs = world.nowMs
    expect.is((await world.set('b', 'k', 'v')).kind, 'set')
    expect.ok(world.nowMs - begunMs < 100)
  })
})
