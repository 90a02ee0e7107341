import { readFileSync } from 'node:fs'
import { parseConfig } from '../../src/config/index.js'
import { expect, suite } from '../harness.js'
import { parseRight, problemsOf, SAMPLE } from './sample.js'

const place = (text: string): unknown[] => parseRight(text).nodes.map(({ name, host, httpPort, multiaddr, listen }) => [name, host, httpPort, multiaddr, listen.join(' ')])

/** `cluster.nodes: 2` with two groups and the given `network`. */
const network = (lines: string): string => `cluster:\n  nodes: 2\n  master_slaves:\n    - master: a\n      slaves: [b]\n    - master: c\nnetwork:\n${lines}\n`

suite('a configuration file', ({ test }) => {
  test('of the original system is accepted word for word', () => {
    const config = parseRight(SAMPLE)
    expect.is(config.partitions, 4)
    expect.equal(config.groups, [{ master: 'node1', slaves: ['node2', 'node3'] }, { master: 'node4', slaves: ['node5', 'node6'] }])
    expect.is(config.storagePath, '/data/gokeydb')
    expect.is(config.clusterName, 'gokeydb')
    expect.is(config.replicas, 3)
    expect.is(config.secret, undefined)
    expect.equal(config.nodes.map(({ name, bindIp, host, httpPort, p2pPort, multiaddr, listen }) => [name, bindIp, host, httpPort, p2pPort, multiaddr, listen.join(' ')]), [
      ['node1', '0.0.0.0', '127.0.0.1', 8080, 9080, '/ip4/127.0.0.1/tcp/9080', '/ip4/0.0.0.0/tcp/9080'],
      ['node2', '0.0.0.0', '127.0.0.1', 8081, 9081, '/ip4/127.0.0.1/tcp/9081', '/ip4/0.0.0.0/tcp/9081'],
      ['node3', '0.0.0.0', '127.0.0.1', 8082, 9082, '/ip4/127.0.0.1/tcp/9082', '/ip4/0.0.0.0/tcp/9082'],
      ['node4', '0.0.0.0', '127.0.0.1', 8083, 9083, '/ip4/127.0.0.1/tcp/9083', '/ip4/0.0.0.0/tcp/9083'],
      ['node5', '0.0.0.0', '127.0.0.1', 8084, 9084, '/ip4/127.0.0.1/tcp/9084', '/ip4/0.0.0.0/tcp/9084'],
      ['node6', '0.0.0.0', '127.0.0.1', 8085, 9085, '/ip4/127.0.0.1/tcp/9085', '/ip4/0.0.0.0/tcp/9085']
    ])
  })

  test('of this repository is the sample with ./data and loopback', () => {
    const config = parseRight(readFileSync('config.yaml', 'utf8'))
    const sample = parseRight(SAMPLE)
    expect.equal([config.partitions, config.groups], [sample.partitions, sample.groups])
    expect.is(config.storagePath, './data')
    expect.equal(config.nodes.map(({ bindIp }) => bindIp), Array.from({ length: 6 }, () => '127.0.0.1'))
  })

  test('of this repository is still right with every comment taken off its keys', () => {
    const lines = readFileSync('config.yaml', 'utf8').split('\n').map((line) => {
      const key = /^(?<indent> *)# (?<rest> *(?<name>[a-z0-9_]+):( .*)?)$/.exec(line)?.groups
      // of two that exclude each other, one
      return key === undefined || key['name'] === 'secret_file' ? line : `${key['indent'] ?? ''}${key['rest'] ?? ''}`
    })
    const text = lines.join('\n').replace(/^ *hosts: .*$/m, '  hosts: {node1: 127.0.0.1, node2: 10.0.0.2, node3: db3.example.org, node4: /ip4/10.0.0.4/tcp/9999, node5: 10.0.0.2, node6: 10.0.0.6}')
      .replace('bind_ip: 127.0.0.1', 'bind_ip: 0.0.0.0')
    const config = parseRight(text)
    expect.equal(config.tuning, parseRight(SAMPLE).tuning, 'the tuning shown is the default')
    expect.is(config.secret?.value.kind, 'text')
    expect.equal(config.join, ['/ip4/10.0.0.9/tcp/9080'])
    expect.is(config.nodes[3]?.multiaddr, '/ip4/10.0.0.4/tcp/9999')
  })

  test('defaults to loopback, one machine and 8080/9080', () => {
    expect.equal(place('cluster: {nodes: 2}'), [
      ['node1', '127.0.0.1', 8080, '/ip4/127.0.0.1/tcp/9080', '/ip4/127.0.0.1/tcp/9080'],
      ['node2', '127.0.0.1', 8081, '/ip4/127.0.0.1/tcp/9081', '/ip4/127.0.0.1/tcp/9081']
    ])
    expect.is(parseRight('cluster: {nodes: 1}').storagePath, './data')
  })

  test('may have more groups than partitions, and fewer', () => {
    const groups = 'master_slaves: [{master: a}, {master: b, slaves: []}, {master: c}]'
    expect.is(parseRight(`cluster: {nodes: 1, ${groups}}`).groups?.length, 3)
    expect.is(parseRight(`cluster: {nodes: 1024, ${groups}}`).groups?.length, 3)
  })

  test('counts ports anew on each machine, and takes a multiaddr at its word', () => {
    expect.equal(place(network('  port: 8000\n  p2p_port: 9000\n  hosts: {a: 10.0.0.1, b: 10.0.0.2, c: 10.0.0.1}')), [
      ['a', '10.0.0.1', 8000, '/ip4/10.0.0.1/tcp/9000', '/ip4/0.0.0.0/tcp/9000'],
      ['b', '10.0.0.2', 8000, '/ip4/10.0.0.2/tcp/9000', '/ip4/0.0.0.0/tcp/9000'],
      ['c', '10.0.0.1', 8001, '/ip4/10.0.0.1/tcp/9001', '/ip4/0.0.0.0/tcp/9001']
    ])
    const id = '12D3KooWGC6TvWhfapsX6wvJHaYPKpGfwX1pMPmTGiFxbLvnbaPC'
    expect.equal(place(network(`  hosts: {a: /ip4/10.0.0.1/tcp/7000/p2p/${id}, b: 10.0.0.1, c: "::1"}`)), [
      ['a', '10.0.0.1', 8080, `/ip4/10.0.0.1/tcp/7000/p2p/${id}`, '/ip4/0.0.0.0/tcp/7000'],
      ['b', '10.0.0.1', 8081, '/ip4/10.0.0.1/tcp/9081', '/ip4/0.0.0.0/tcp/9081'],
      ['c', '::1', 8080, '/ip6/::1/tcp/9080', '/ip4/0.0.0.0/tcp/9080']
    ])
    expect.equal(place(network('  hosts: {a: DB1.example.org, b: db1.example.org, c: /dns4/x}')).map((node) => [node].flat().slice(1, 4)), [
      ['db1.example.org', 8080, '/dns/db1.example.org/tcp/9080'],
      ['db1.example.org', 8081, '/dns/db1.example.org/tcp/9081'],
      ['x', 8080, '/dns4/x/tcp/9080']
    ])
  })

  test('names nodes by hosts where it has no groups', () => {
    expect.equal(place('cluster: {nodes: 8}\nnetwork:\n  hosts: {x: 127.0.0.1, y: 127.0.0.1}').map((node) => [node].flat().slice(0, 3)), [['x', '127.0.0.1', 8080], ['y', '127.0.0.1', 8081]])
  })

  test('listens at several addresses, ports counted up', () => {
    const nodes = parseRight(network('  listen: [/ip4/0.0.0.0/tcp/7000, "/ip6/::/tcp/7100"]\n  announce: [/dns4/nat.example.org/tcp/7000]')).nodes
    expect.equal(nodes.map(({ listen, multiaddr, announce }) => [listen, multiaddr, announce]), [
      [['/ip4/0.0.0.0/tcp/7000', '/ip6/::/tcp/7100'], '/ip4/127.0.0.1/tcp/7000', ['/dns4/nat.example.org/tcp/7000']],
      [['/ip4/0.0.0.0/tcp/7001', '/ip6/::/tcp/7101'], '/ip4/127.0.0.1/tcp/7001', ['/dns4/nat.example.org/tcp/7001']],
      [['/ip4/0.0.0.0/tcp/7002', '/ip6/::/tcp/7102'], '/ip4/127.0.0.1/tcp/7002', ['/dns4/nat.example.org/tcp/7002']]
    ])
  })

  test('lets the system choose an HTTP port of 0 for every node', () => {
    expect.equal(parseRight(network('  port: 0')).nodes.map(({ httpPort }) => httpPort), [0, 0, 0])
  })

  test('binds IPv6 too', () => {
    expect.equal(place('cluster: {nodes: 1}\nnetwork: {bind_ip: "::"}'), [['node1', '::1', 8080, '/ip6/::1/tcp/9080', '/ip6/::/tcp/9080']])
  })

  test('may use anchors, and empty sections', () => {
    expect.equal(parseRight('cluster:\n  nodes: 1\n  master_slaves: [{master: a, slaves: &s [b, c]}]\nnetwork:\nstorage:\n').groups, [{ master: 'a', slaves: ['b', 'c'] }])
    expect.is(parseRight('cluster: {name: &n one, nodes: 1}\nstorage: {path: *n}').storagePath, 'one')
  })
})

suite('a value from outside the file', ({ test }) => {
  const from = (key: string, ...texts: string[]): { key: string, source: string, texts: string[], rank: 1 } => ({ key, source: 'ENV', texts, rank: 1 })

  test('beats the file, and counts like the file\'s', () => {
    const config = parseRight(SAMPLE, [from('network.port', '7000'), from('storage.path', 'elsewhere'), from('cluster.nodes', '8')])
    expect.equal(config.nodes.map(({ httpPort }) => httpPort), [7000, 7001, 7002, 7003, 7004, 7005])
    expect.equal([config.storagePath, config.partitions], ['elsewhere', 8])
  })

  test('is beaten by what comes later', () => {
    const flag = { key: 'cluster.nodes', source: '--partitions', texts: ['32'], rank: 2 as const }
    expect.is(parseRight(SAMPLE, [from('cluster.nodes', '8'), flag]).partitions, 32)
  })

  test('stands in for a missing key', () => {
    expect.is(parseRight('storage: {path: x}', [from('cluster.nodes', '2')]).partitions, 2)
  })

  test('is checked like the file, which is checked all the same', () => {
    const problems = problemsOf('cluster: {nodes: 3}', [from('cluster.nodes', '6'), from('network.port', 'x'), from('network.join', '/ip4/1.2.3.4/tcp/1', 'y')])
    expect.is(problems.length, 4)
    expect.ok(problems.some((problem) => problem.startsWith('1:18 cluster.nodes must be a power of two')))
    expect.ok(problems.some((problem) => problem.startsWith('ENV must be a power of two from 1 to 1024 (the nearest are 4 and 8), found 6')))
    expect.ok(problems.some((problem) => problem.startsWith('ENV must be a whole number from 0 to 65535, found "x"')))
    expect.ok(problems.some((problem) => problem.startsWith('ENV must be a multiaddr')))
  })

  test('decides between a secret and a secret file', () => {
    const file = 'cluster: {nodes: 1, secret: abc}'
    expect.equal(parseRight(file).secret?.value, { kind: 'text', text: 'abc' })
    expect.equal(parseRight(file, [from('cluster.secret_file', 'f')]).secret?.value, { kind: 'file', path: 'f' })
    expect.equal(parseRight('cluster: {nodes: 1, secret_file: f}', [from('cluster.secret', 'abc')]).secret?.value, { kind: 'text', text: 'abc' })
  })
})

suite('parseConfig', ({ test }) => {
  test('names the nodes of a file that is wrong elsewhere', () => {
    const result = parseConfig(SAMPLE.replace('8080', '808080'), 'c.yaml')
    expect.is(result.ok, false)
    expect.equal(result.named?.names, ['node1', 'node2', 'node3', 'node4', 'node5', 'node6'])
  })

  test('names none where a name is unreadable', () => {
    expect.is(parseConfig(SAMPLE.replace('node2,', '"no de",'), 'c.yaml').named, undefined)
  })
})
