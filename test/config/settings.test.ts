import { resolve } from 'node:path'
import { toNodeName } from '../../src/base/index.js'
import { clusterSignature, formatProblem, gatherProblems, nodeSettings, readSecret, standaloneSettings } from '../../src/config/index.js'
import type { NodeOverrides, NodeSettings, SecretSource } from '../../src/config/index.js'
import { expect, suite } from '../harness.js'
import { parseRight, SAMPLE } from './sample.js'

const settingsOf = (text: string, name: string, overrides: NodeOverrides = {}): NodeSettings => nodeSettings(parseRight(text), toNodeName(name), overrides)

const HOSTED = `${SAMPLE}  hosts: {node1: 10.0.0.1, node2: 10.0.0.2, node3: 10.0.0.3, node4: 10.0.0.1, node5: 10.0.0.2, node6: db.example.org}\n`

suite('the signature of a cluster section', ({ test }) => {
  const signature = (text: string): string => clusterSignature(parseRight(text))

  test('ignores comments, order of keys, defaults spelled out, and all other sections', () => {
    const same = `network: {port: 1234, p2p_port: 2345}
cluster: # ours
  name: gokeydb
  secret: abc
  master_slaves: [{slaves: [node2, "node3"], master: node1}, {master: node4, slaves: [node5, node6]}]
  replicas: 3
  nodes: 4
`
    expect.is(signature(same), signature(SAMPLE))
  })

  for (const [what, from, to] of [
    ['the count', 'nodes: 4', 'nodes: 8'],
    ['the name', 'cluster:', 'cluster:\n  name: other'],
    ['the replicas', 'cluster:', 'cluster:\n  replicas: 5'],
    ['a master', 'master: node4', 'master: node9'],
    ['a slave', 'node3]', 'node7]'],
    ['the order of slaves, which numbers the nodes', '[node2, node3]', '[node3, node2]'],
    ['the groups being there', /master_slaves:[^]*?\n\n/, '\n\n']
  ] as const) {
    test(`tells a difference in ${what}`, () => {
      expect.is.not(signature(SAMPLE.replace(from, to)), signature(SAMPLE))
    })
  }

  test('stays what it is, for it is stored and compared', () => {
    expect.is(signature('cluster: {nodes: 2}'), '{"name":"gokeydb","nodes":2,"replicas":3,"master_slaves":null}')
    expect.is(signature('cluster: {nodes: 1, master_slaves: [{master: a, slaves: [b]}]}'), '{"name":"gokeydb","nodes":1,"replicas":3,"master_slaves":[{"master":"a","slaves":["b"]}]}')
  })
})

suite('the settings of one node of a file', ({ test }) => {
  test('are its place in the file', () => {
    const settings = settingsOf(SAMPLE, 'node4')
    expect.is(settings.name, 'node4')
    expect.is(settings.dataDirectory, '/data/gokeydb/node4')
    expect.equal([settings.httpHost, settings.httpPort, settings.advertisedHost], ['0.0.0.0', 8083, '127.0.0.1'])
    expect.equal(settings.listen, ['/ip4/0.0.0.0/tcp/9083'])
    expect.equal(settings.announce, [])
    expect.equal(settings.nodes.map(({ name }) => name), ['node1', 'node2', 'node3', 'node4', 'node5', 'node6'])
    expect.is(settings.nodes[0]?.multiaddr, '/ip4/127.0.0.1/tcp/9080')
    expect.is(settings.isFirstListed, false)
    expect.is(settings.signature, clusterSignature(parseRight(SAMPLE)))
    expect.is(settingsOf(SAMPLE, 'node1').isFirstListed, true)
  })

  test('put relative data below the working directory', () => {
    expect.is(settingsOf(SAMPLE.replace('/data/gokeydb', 'x/y'), 'node1').dataDirectory, resolve('x/y/node1'))
  })

  test('take flags exactly, without counting', () => {
    const listen = parseRight('cluster: {nodes: 1}\nnetwork: {listen: [/ip4/127.0.0.1/tcp/7000]}').nodes[0]?.listen ?? []
    const settings = settingsOf(SAMPLE, 'node4', { httpPort: 6000, listen })
    expect.is(settings.httpPort, 6000)
    expect.equal(settings.listen, ['/ip4/127.0.0.1/tcp/7000'])
    expect.equal(settingsOf(SAMPLE, 'node4', { httpPort: 0 }).httpPort, 0)
  })

  test('announce the host that the file gives, unless something else is said', () => {
    const settings = settingsOf(HOSTED, 'node4')
    expect.equal([settings.httpPort, settings.advertisedHost], [8081, '10.0.0.1'])
    expect.equal(settings.announce, ['/ip4/10.0.0.1/tcp/9081'])
    expect.equal(settingsOf(HOSTED, 'node6').announce, ['/dns/db.example.org/tcp/9080'])
    const own = settings.listen
    expect.equal(settingsOf(HOSTED, 'node4', { listen: own }).announce, [], 'its port may be another')
    expect.equal(settingsOf(HOSTED, 'node4', { announce: own }).announce, own)
    expect.equal(settingsOf(`${HOSTED}  announce: [/ip4/203.0.113.7/tcp/9080]\n`, 'node4').announce, ['/ip4/203.0.113.7/tcp/9081'])
  })
})

suite('the settings of a node without a file', ({ test }) => {
  const of = (values: Record<string, string[]>): NodeSettings => {
    const result = standaloneSettings(undefined, Object.entries(values).map(([key, texts]) => ({ key, texts, source: key, rank: 2 })))
    if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'))
    return result.settings
  }

  test('are the defaults where nothing is said', () => {
    const settings = of({})
    expect.equal([settings.name, settings.dataDirectory, settings.httpHost, settings.httpPort, settings.partitions, settings.replicas], [undefined, resolve('data'), '127.0.0.1', 8080, 16, 3])
    expect.equal([settings.listen, settings.announce, settings.join, settings.nodes], [['/ip4/127.0.0.1/tcp/9080'], [], [], []])
    expect.equal([settings.groups, settings.signature, settings.isFirstListed], [undefined, undefined, false])
  })

  test('are what is said', () => {
    const settings = of({ 'storage.path': ['d'], 'network.port': ['0'], 'network.bind_ip': ['0.0.0.0'], 'network.listen': ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'], 'network.join': ['/dns4/a/tcp/1'], 'cluster.nodes': ['4'] })
    expect.equal([settings.dataDirectory, settings.httpPort, settings.httpHost, settings.advertisedHost, settings.partitions], [resolve('d'), 0, '0.0.0.0', '127.0.0.1', 4])
    expect.equal([settings.listen, settings.join], [['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'], ['/dns4/a/tcp/1']])
  })
})

suite('a secret file', ({ test }) => {
  const read = (value: SecretSource, readFile: (path: string) => string): { secret: string | undefined, problems: string[] } => {
    const { report, problems } = gatherProblems()
    const secret = readSecret({ value, at: { source: 'c.yaml', line: 3, column: 4 }, rank: 0 }, readFile, report)
    return { secret, problems: problems().map(formatProblem) }
  }

  test('is read without its last line break', () => {
    const texts = new Map([['a', 'one two\r\n'], ['b', ' x \n\n'], ['c', 'x']])
    const readFile = (path: string): string => texts.get(path) ?? ''
    expect.equal(['a', 'b', 'c'].map((path) => read({ kind: 'file', path }, readFile).secret), ['one two', ' x \n', 'x'])
  })

  test('is refused where it is missing, empty or too long', () => {
    const fail = (path: string): string => { throw new Error(`ENOENT: ${path}`) }
    expect.equal(read({ kind: 'file', path: 'gone' }, fail).problems, ['c.yaml:3:4: cannot read the secret file "gone": ENOENT: gone'])
    expect.equal(read({ kind: 'file', path: 'e' }, () => '\n').problems, ['c.yaml:3:4: the secret file "e" is empty'])
    expect.equal(read({ kind: 'file', path: 'l' }, () => 'x'.repeat(1025)).problems, ['c.yaml:3:4: the secret file "l" holds 1025 characters; at most 1024 are allowed'])
  })
})
