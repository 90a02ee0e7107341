import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SAMPLE } from '../config/sample.js'
import { expect, suite } from '../harness.js'
import { ask, each, eventually, freePorts, getKey, json, NodeProcess, setKey, temporaryDirectory } from './processes.js'

const NAMES = ['node1', 'node2', 'node3', 'node4', 'node5', 'node6']
const KEYS = Array.from({ length: 200 }, (_, i) => `key-${i}`)

interface Partition { partition: number, master?: string, preferred: string, role: string, appliedIndex?: number, commitIndex?: number }
const partitionsOf = async (base: string): Promise<Partition[]> => ((await json(base, '/v1/partitions')) as { partitions: Partition[] }).partitions

suite('the sample configuration, six processes', ({ before, test, after }) => {
  const directory = temporaryDirectory()
  const config = join(directory, 'config.yaml')
  const nodes = new Map<string, NodeProcess>()
  const http = new Map<string, string>()
  const multiaddrs = new Map<string, string>()
  const written = new Map<string, string>()
  let environment: Record<string, string> = {}

  async function start (...names: string[]): Promise<void> {
    for (const name of names) nodes.set(name, new NodeProcess([`-config=${config}`, `-node=${name}`], environment))
    for (const name of names) {
      const ready = await (nodes.get(name) as NodeProcess).ready()
      http.set(name, ready.http)
      multiaddrs.set(name, ready.multiaddr)
    }
  }
  const at = (name: string): string => http.get(name) as string
  const running = (): string[] => NAMES.filter((name) => nodes.get(name)?.exit === undefined)

  async function allThere (through: readonly string[]): Promise<void> {
    await each([...written], 16, async ([key, value]) => {
      for (const name of through) {
        const answer = await getKey(at(name), key)
        expect.is(answer.status, 200, `${key} through ${name}: ${answer.body}`)
        expect.is(answer.body, value, `${key} through ${name}`)
      }
    })
  }

  async function mastersAtHome (): Promise<void> {
    await eventually('every partition is mastered by its preferred master', async () => {
      for (const name of ['node1', 'node4']) {
        for (const { role, master, preferred } of await partitionsOf(at(name))) {
          if (role !== 'none' && master !== preferred) return false
        }
      }
      return true
    })
  }

  before(async () => {
    writeFileSync(config, SAMPLE)
    const first = await freePorts(14)
    environment = {
      GOKEYDB_STORAGE_PATH: join(directory, 'data'), GOKEYDB_NETWORK_PORT: String(first), GOKEYDB_NETWORK_P2P_PORT: String(first + 7)
    }
    await start(...NAMES)
    await each(NAMES, 6, async (name) => {
      await eventually(`${name} is ready`, async () => (await ask(at(name), 'GET', '/readyz')).status === 200, 30_000)
    })
    await mastersAtHome()
  })

  test('200 keys are set through every node and read through every other', async () => {
    await each(KEYS.map((key, i) => [key, i] as const), 16, async ([key, i]) => {
      const value = `value of ${key}`
      const answer = await setKey(at(NAMES[i % 6] as string), key, value)
      expect.is(answer.status, 200, answer.body)
      written.set(key, value)
    })
    await allThere(NAMES)
  }, { limitMs: 60_000 })

  test('a key set with curl\'s own words is there', async () => {
    const set = await ask(at('node2'), 'POST', '/set', 'key=mykey&value=myvalue')
    expect.is(set.status, 200)
    expect.is((JSON.parse(set.body) as { key: string }).key, 'mykey')
    expect.is((await ask(at('node5'), 'GET', '/get?key=mykey')).body, 'myvalue')
  })

  test('a slave answers linearizable reads, and local reads say how old they may be', async () => {
    const answer = await getKey(at('node3'), 'key-1', '&consistency=local')
    expect.ok(answer.status === 200 || answer.status === 404, answer.body)
    expect.match(String(answer.headers['x-max-age-ms']), /^\d+$/)
  })

  test('the process that masters a key is killed: writes succeed within 3 s, nothing acknowledged is lost, it comes back', async () => {
    await (nodes.get('node1') as NodeProcess).kill()
    const killedMs = performance.now()
    // Keys of both groups: half of them lost their master.
    await eventually('writes succeed again', async () => {
      for (const key of KEYS.slice(0, 16)) {
        const answer = await setKey(at('node2'), key, `second value of ${key}`, '?timeout=2500')
        if (answer.status !== 200) return false
        written.set(key, `second value of ${key}`)
      }
      return true
    }, 3000)
    expect.ok(performance.now() - killedMs < 3000, `writes succeeded after ${Math.round(performance.now() - killedMs)} ms`)
    await allThere(running())
    await start('node1')
    await eventually('the killed node has caught up', async () => {
      const own = (await partitionsOf(at('node1'))).filter(({ role }) => role !== 'none')
      const other = new Map((await partitionsOf(at('node2'))).map((partition) => [partition.partition, partition]))
      return own.length > 0 && own.every(({ partition, appliedIndex }) => appliedIndex === other.get(partition)?.appliedIndex)
    })
    await mastersAtHome()
    await allThere(NAMES)
  }, { limitMs: 90_000 })

  test('all six are killed at once and restarted: nothing is missing', async () => {
    await Promise.all(NAMES.map((name) => (nodes.get(name) as NodeProcess).kill()))
    await start(...NAMES)
    await eventually('both groups have elected masters', async () => {
      for (const key of KEYS.slice(0, 16)) if ((await getKey(at('node6'), key, '&timeout=1000')).status !== 200) return false
      return true
    })
    await allThere(NAMES)
  }, { limitMs: 90_000 })

  test('a seventh node joins by multiaddr alone and answers for every key', async () => {
    const seventh = new NodeProcess(['--data', join(directory, 'seventh'), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', '--name', 'seventh', '--join', (multiaddrs.get('node3') as string).replace(/\/p2p\/.*/, '')])
    const ready = await seventh.ready()
    http.set('seventh', ready.http)
    await eventually('the seventh is ready', async () => (await ask(ready.http, 'GET', '/readyz')).status === 200, 30_000)
    await allThere(['seventh'])
    await each(KEYS.slice(0, 50), 8, async (key) => {
      const answer = await setKey(ready.http, key, `third value of ${key}`)
      expect.is(answer.status, 200, answer.body)
      written.set(key, `third value of ${key}`)
    })
    await allThere(['seventh', 'node1', 'node6'])
    const members = (await json(at('node6'), '/v1/members')) as { members: Array<{ name: string, health: string }> }
    expect.is(members.members.find(({ name }) => name === 'seventh')?.health, 'alive')

    // It comes back without --join: it remembers where the others are.
    await seventh.kill()
    const again = new NodeProcess(['--data', join(directory, 'seventh'), '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0'])
    const back = await again.ready()
    expect.is(back.name, 'seventh')
    http.set('seventh', back.http)
    await eventually('the seventh is ready again', async () => (await ask(back.http, 'GET', '/readyz')).status === 200, 30_000)
    await allThere(['seventh'])
    again.signal('SIGTERM')
    expect.equal(await again.exited, { code: 0, signal: null })
  }, { limitMs: 120_000 })

  test('SIGTERM hands masterships over, and exits 0; the others write on without a gap of an election', async () => {
    await mastersAtHome()
    const node1 = nodes.get('node1') as NodeProcess
    let longestMs = 0
    let stop = false
    const writer = (async () => {
      for (let i = 0; !stop; i++) {
        const begunMs = performance.now()
        const key = KEYS[i % 50] as string
        const answer = await setKey(at('node2'), key, `fourth value ${i}`)
        expect.is(answer.status, 200, answer.body)
        written.set(key, `fourth value ${i}`)
        longestMs = Math.max(longestMs, performance.now() - begunMs)
      }
    })()
    node1.signal('SIGTERM')
    expect.equal(await node1.exited, { code: 0, signal: null })
    stop = true
    await writer
    expect.ok(longestMs < 1500, `the slowest write took ${Math.round(longestMs)} ms`)
    await allThere(['node2', 'node5'])
    await start('node1')
    await mastersAtHome()
  }, { limitMs: 60_000 })

  after(async () => {
    for (const name of running()) (nodes.get(name) as NodeProcess).signal('SIGTERM')
    for (const name of running()) {
      const { code } = await (nodes.get(name) as NodeProcess).exited
      expect.is(code, 0, `${name}: ${(nodes.get(name) as NodeProcess).err.slice(-500)}`)
    }
  })
})
