import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, suite } from '../harness.js'
import { ask, eventually, freePorts, getKey, NodeProcess, setKey, temporaryDirectory } from './processes.js'

const lone = (directory: string, ...more: string[]): NodeProcess =>
  new NodeProcess(['--data', directory, '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0', ...more])

suite('the command line, in real processes', ({ test }) => {
  test('a wrong configuration is reported whole, with line and column; exit code 2, and nothing is created', async () => {
    const directory = temporaryDirectory()
    const config = join(directory, 'config.yaml')
    writeFileSync(config, 'cluster:\n  nodes: 3\n  master_slaves:\n    - master: node1\n      slaves: [node1]\nstorage:\n  path: ' + join(directory, 'data') + '\n  size: big\n')
    const node = new NodeProcess([`-config=${config}`, '-node=node9'])
    expect.equal(await node.exited, { code: 2, signal: null })
    expect.match(node.err, /config\.yaml:2:10/)
    expect.match(node.err, /config\.yaml:5:16/)
    expect.match(node.err, /config\.yaml:8:3/)
    expect.match(node.err, /node9/)
    expect.is(node.out, '')
    expect.equal(readdirSync(directory), ['config.yaml'])
  })

  test('a file without -node lists the names and exits 2', async () => {
    const directory = temporaryDirectory()
    const config = join(directory, 'config.yaml')
    writeFileSync(config, `cluster:\n  nodes: 1\n  master_slaves:\n    - master: red\n      slaves: [green]\nstorage:\n  path: ${join(directory, 'data')}\n`)
    const node = new NodeProcess([`-config=${config}`])
    expect.equal(await node.exited, { code: 2, signal: null })
    expect.match(node.err, /red/)
    expect.match(node.err, /green/)
  })

  test('a second node on the same data directory says so and exits 1; the first goes on', async () => {
    const directory = join(temporaryDirectory(), 'data')
    const first = lone(directory)
    const { http } = await first.ready()
    const second = lone(directory)
    expect.equal(await second.exited, { code: 1, signal: null })
    expect.match(second.err, /in use by/)
    expect.ok(second.err.includes(directory))
    await eventually('a write succeeds', async () => (await setKey(http, 'a', '1')).status === 200)
    first.signal('SIGTERM')
    expect.equal(await first.exited, { code: 0, signal: null })
  })

  test('a port in use is named, for HTTP and for libp2p; exit code 1', async () => {
    const port = await freePorts(1)
    const holder = createServer()
    await new Promise<void>((resolve) => { holder.listen(port, '127.0.0.1', resolve) })
    const http = new NodeProcess(['--data', join(temporaryDirectory(), 'data'), '--port', String(port), '--listen', '/ip4/127.0.0.1/tcp/0'])
    expect.equal(await http.exited, { code: 1, signal: null })
    expect.match(http.err, new RegExp(`127\\.0\\.0\\.1:${port}`))
    const p2p = new NodeProcess(['--data', join(temporaryDirectory(), 'data'), '--port', '0', '--listen', `/ip4/127.0.0.1/tcp/${port}`])
    expect.equal(await p2p.exited, { code: 1, signal: null })
    expect.match(p2p.err, new RegExp(`/ip4/127\\.0\\.0\\.1/tcp/${port}`))
    holder.close()
  })

  test('the identity is readable by its owner only, and survives a restart', async () => {
    const directory = join(temporaryDirectory(), 'data')
    const first = lone(directory)
    const before = await first.ready()
    await eventually('a write succeeds', async () => (await setKey(before.http, 'a', '1')).status === 200)
    await first.kill()
    expect.is(statSync(join(directory, 'identity.key')).mode & 0o777, 0o600)
    const second = lone(directory)
    const after = await second.ready()
    expect.is(after.multiaddr.split('/p2p/')[1], before.multiaddr.split('/p2p/')[1])
    expect.is(after.name, before.name)
    await eventually('the value is there', async () => (await getKey(after.http, 'a')).body === '1')
    await second.kill()
  })

  test('a node whose database is gone says so and stays out', async () => {
    const directory = join(temporaryDirectory(), 'data')
    const first = lone(directory)
    await first.ready()
    await eventually('the cluster is founded', () => first.err.includes('belongs to a cluster'))
    await first.kill()
    for (const name of readdirSync(directory)) if (name !== 'identity.key') rmSync(join(directory, name), { recursive: true })
    const second = lone(directory)
    expect.equal(await second.exited, { code: 1, signal: null })
    expect.match(second.err, /lost/)
  })

  test('a second SIGTERM ends the process at once', async () => {
    const node = lone(join(temporaryDirectory(), 'data'))
    const { http } = await node.ready()
    const { port } = new URL(http)
    // Half a request keeps the first stop waiting.
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write('POST /set HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nkey=a')
    await eventually('the node answers', async () => (await ask(http, 'GET', '/livez')).status === 200)
    node.signal('SIGTERM')
    await eventually('it is stopping', async () => (await ask(http, 'GET', '/readyz').catch(() => ({ status: 503 }))).status !== 200)
    const begunMs = performance.now()
    node.signal('SIGTERM')
    expect.equal(await node.exited, { code: 0, signal: null })
    expect.ok(performance.now() - begunMs < 1000)
    socket.destroy()
  })

  test('garbage on both ports harms nothing', async () => {
    const node = lone(join(temporaryDirectory(), 'data'))
    const { http, multiaddr } = await node.ready()
    const ports = [Number(new URL(http).port), Number(multiaddr.split('/')[4])]
    for (const port of ports) {
      for (const bytes of [Buffer.alloc(100_000, 0x41), Buffer.from('\u0000\u0001\r\n\r\n'), Buffer.from(`GET / HTTP/1.1\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\n`)]) {
        await new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => { socket.write(bytes) })
          socket.on('error', () => {})
          socket.on('close', () => { resolve() })
          setTimeout(() => { socket.destroy() }, 500)
        })
      }
    }
    await eventually('a write succeeds', async () => (await setKey(http, 'a', '1')).status === 200)
    expect.is((await getKey(http, 'a')).body, '1')
    await node.kill()
  })

  test('what is not built yet says so: exit code 2 for commands, nothing started', async () => {
    const directory = join(temporaryDirectory(), 'data')
    const scale = new NodeProcess(['scale', '--data', directory])
    expect.equal(await scale.exited, { code: 2, signal: null })
    expect.match(scale.err, /not implemented yet/)
    const leave = new NodeProcess(['leave', '--data', directory]) // it asks a node that runs, and starts none
    expect.equal(await leave.exited, { code: 2, signal: null })
    expect.match(leave.err, /--data: says how a node starts/)
    expect.not(existsSync(directory))
  })
})
