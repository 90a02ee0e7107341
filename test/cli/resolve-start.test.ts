import { resolve } from 'node:path'
import { parseCommandLine, resolveStart } from '../../src/cli/index.js'
import type { Environment, StartResult, StartSettings } from '../../src/cli/index.js'
import { formatProblem } from '../../src/config/index.js'
import { SAMPLE } from '../config/sample.js'
import { expect, suite } from '../harness.js'

const FILES: Readonly<Record<string, string>> = {
  'c.yaml': SAMPLE,
  'bad.yaml': SAMPLE.replace('nodes: 4', 'nodes: 5').replace('bind_ip', 'bindip'),
  'unnamed.yaml': SAMPLE.replace('master: node1', 'master: 1'),
  'big.yaml': 'cluster: {nodes: 64}',
  'secret.yaml': SAMPLE.replace('cluster:', 'cluster:\n  secret_file: key'),
  'lost.yaml': SAMPLE.replace('cluster:', 'cluster:\n  secret_file: nowhere'),
  key: 'hush\n'
}

function readFile (path: string): string {
  const text = FILES[path]
  if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`)
  return text
}

function start (line: string, env: Environment = {}): StartResult {
  const command = parseCommandLine(line.split(' ').filter((word) => word !== ''), env)
  if (command.kind !== 'start') throw new Error(JSON.stringify(command))
  return resolveStart(command.options, readFile)
}

function right (line: string, env: Environment = {}): StartSettings {
  const result = start(line, env)
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'))
  return result.settings
}

const wrong = (line: string, env: Environment = {}): string[] => {
  const result = start(line, env)
  return result.ok ? [] : result.problems.map(formatProblem)
}

const NAMES = 'node1, node2, node3, node4, node5, node6'

/** flag > environment > file > default, one key a row. */
const PRECEDENCE: ReadonlyArray<{ key: string, variable: string, env: string, flag: string, read: (settings: StartSettings) => unknown, fromFlag: unknown, fromEnv: unknown, fromFile: unknown, byDefault: unknown }> = [
  { key: 'storage.path', variable: 'GOKEYDB_STORAGE_PATH', env: 'E', flag: '--data=F', read: (settings) => settings.dataDirectory, fromFlag: [resolve('F/node2'), resolve('F')], fromEnv: [resolve('E/node2'), resolve('E')], fromFile: '/data/gokeydb/node2', byDefault: resolve('data') },
  { key: 'network.port', variable: 'GOKEYDB_NETWORK_PORT', env: '7000', flag: '--port=6000', read: (settings) => settings.httpPort, fromFlag: [6000, 6000], fromEnv: [7001, 7000], fromFile: 8081, byDefault: 8080 },
  { key: 'network.bind_ip', variable: 'GOKEYDB_NETWORK_BIND_IP', env: '127.0.0.2', flag: '--bind=127.0.0.3', read: (settings) => settings.httpHost, fromFlag: ['127.0.0.3', '127.0.0.3'], fromEnv: ['127.0.0.2', '127.0.0.2'], fromFile: '0.0.0.0', byDefault: '127.0.0.1' },
  { key: 'network.listen', variable: 'GOKEYDB_NETWORK_LISTEN', env: '/ip4/127.0.0.1/tcp/7100', flag: '--listen=/ip4/127.0.0.1/tcp/6100', read: (settings) => settings.listen.join(' '), fromFlag: ['/ip4/127.0.0.1/tcp/6100', '/ip4/127.0.0.1/tcp/6100'], fromEnv: ['/ip4/127.0.0.1/tcp/7101', '/ip4/127.0.0.1/tcp/7100'], fromFile: '/ip4/0.0.0.0/tcp/9081', byDefault: '/ip4/127.0.0.1/tcp/9080' },
  { key: 'network.join', variable: 'GOKEYDB_NETWORK_JOIN', env: '/ip4/1.1.1.1/tcp/1', flag: '--join=/ip4/2.2.2.2/tcp/2', read: (settings) => settings.join.join(' '), fromFlag: ['/ip4/2.2.2.2/tcp/2', '/ip4/2.2.2.2/tcp/2'], fromEnv: ['/ip4/1.1.1.1/tcp/1', '/ip4/1.1.1.1/tcp/1'], fromFile: '', byDefault: '' },
  { key: 'network.announce', variable: 'GOKEYDB_NETWORK_ANNOUNCE', env: '/ip4/1.1.1.1/tcp/9080', flag: '--announce=/ip4/2.2.2.2/tcp/2', read: (settings) => settings.announce.join(' '), fromFlag: ['/ip4/2.2.2.2/tcp/2', '/ip4/2.2.2.2/tcp/2'], fromEnv: ['/ip4/1.1.1.1/tcp/9081', '/ip4/1.1.1.1/tcp/9080'], fromFile: '', byDefault: '' },
  { key: 'cluster.nodes', variable: 'GOKEYDB_CLUSTER_NODES', env: '2', flag: '--partitions=32', read: (settings) => settings.partitions, fromFlag: [32, 32], fromEnv: [2, 2], fromFile: 4, byDefault: 16 },
  { key: 'cluster.secret_file', variable: 'GOKEYDB_CLUSTER_SECRET', env: 'whisper', flag: '--secret-file=key', read: (settings) => settings.secret, fromFlag: ['hush', 'hush'], fromEnv: ['whisper', 'whisper'], fromFile: undefined, byDefault: undefined }
]

/** Variables without a flag. */
const VARIABLES: ReadonlyArray<[variable: string, value: string, read: (settings: StartSettings) => unknown, expected: unknown]> = [
  ['GOKEYDB_CLUSTER_REPLICAS', '5', (settings) => settings.replicas, 5],
  ['GOKEYDB_CLUSTER_NAME', 'mine', (settings) => settings.clusterName, 'mine'],
  ['GOKEYDB_CLUSTER_SECRET_FILE', 'key', (settings) => settings.secret, 'hush'],
  ['GOKEYDB_NETWORK_P2P_PORT', '7500', (settings) => settings.listen[0]?.replace(/\d$/, ''), '/ip4/127.0.0.1/tcp/750'],
  ['GOKEYDB_TUNING_HEARTBEAT_MS', '50', (settings) => settings.tuning.heartbeatMs, 50],
  ['GOKEYDB_TUNING_ELECTION_TIMEOUT_MS', '600', (settings) => settings.tuning.electionTimeoutMs, 600],
  ['GOKEYDB_TUNING_PROBE_INTERVAL_MS', '2000', (settings) => settings.tuning.probeIntervalMs, 2000],
  ['GOKEYDB_TUNING_PROBE_TIMEOUT_MS', '250', (settings) => settings.tuning.probeTimeoutMs, 250],
  ['GOKEYDB_TUNING_TIMEOUT_MS_DEFAULT', '3000', (settings) => settings.tuning.timeoutMsDefault, 3000],
  ['GOKEYDB_TUNING_REQUESTS_MAX', '77', (settings) => settings.tuning.requestsMax, 77]
]

suite('precedence', ({ test }) => {
  for (const { key, variable, env, flag, read, fromFlag, fromEnv, fromFile, byDefault } of PRECEDENCE) {
    test(`of ${key} is flag, environment, file, default`, () => {
      const file = '-config=c.yaml -node=node2'
      expect.equal([right(`${file} ${flag}`, { [variable]: env }), right(flag, { [variable]: env })].map(read), fromFlag)
      expect.equal([right(file, { [variable]: env }), right('', { [variable]: env })].map(read), fromEnv)
      expect.equal(read(right(file)), fromFile)
      expect.equal(read(right('')), byDefault)
    })
  }

  for (const [variable, value, read, expected] of VARIABLES) {
    test(`lets ${variable} stand for its key, with a file and without`, () => {
      expect.equal(read(right('-config=c.yaml -node=node2 --bind 127.0.0.1', { [variable]: value })), expected)
      expect.equal(read(right('', { [variable]: value })), expected)
    })
  }

  test('of the node and the log level is flag, then environment', () => {
    expect.is(right('-config=c.yaml', { GOKEYDB_NODE: 'node5' }).name, 'node5')
    expect.is(right('-config=c.yaml -node=node3', { GOKEYDB_NODE: 'node5' }).name, 'node3')
    expect.equal([right('').logLevel, right('', { GOKEYDB_LOG_LEVEL: 'warn' }).logLevel, right('--log-level=error', { GOKEYDB_LOG_LEVEL: 'warn' }).logLevel], ['info', 'warn', 'error'])
    expect.is(right('--name=x', { GOKEYDB_NAME: 'y' }).name, 'x')
    expect.is(right('', { GOKEYDB_NAME: 'y' }).name, 'y')
  })
})

suite('what to start', ({ test }) => {
  test('is one node of the file', () => {
    const settings = right('-config=c.yaml -node=node4')
    expect.equal([settings.name, settings.httpPort, settings.partitions, settings.isFirstListed], ['node4', 8083, 4, false])
    expect.equal(settings.nodes.length, 6)
  })

  test('is a node of its own without a file', () => {
    const settings = right('start --data D --port 8081 --listen /ip4/127.0.0.1/tcp/9081 --join /ip4/127.0.0.1/tcp/9080 --name me')
    expect.equal([settings.name, settings.dataDirectory, settings.httpPort, settings.listen, settings.join], ['me', resolve('D'), 8081, ['/ip4/127.0.0.1/tcp/9081'], ['/ip4/127.0.0.1/tcp/9080']])
  })

  test('may use port 0 for both', () => {
    const settings = right('--port 0 --listen /ip4/127.0.0.1/tcp/0 -config=c.yaml -node=node1')
    expect.equal([settings.httpPort, settings.listen], [0, ['/ip4/127.0.0.1/tcp/0']])
  })

  test('reads the secret file that the file names', () => {
    expect.is(right('-config=secret.yaml -node=node1').secret, 'hush')
  })
})

/** Everything that ends with exit code 2 before anything is created. */
const WRONG: ReadonlyArray<{ line: string, env?: Environment, problems: string[] }> = [
  { line: '-config=c.yaml', problems: [`-node: is missing: say which node of c.yaml this is, one of ${NAMES}`] },
  { line: '-config=c.yaml -node=nod4', problems: [`c.yaml:3:3: there is no node "nod4" (--node); the nodes are ${NAMES}; did you mean "node4"?`] },
  { line: '-config=c.yaml', env: { GOKEYDB_NODE: 'x' }, problems: [`c.yaml:3:3: there is no node "x" (GOKEYDB_NODE); the nodes are ${NAMES}`] },
  { line: '-config=bad.yaml -node=node7', problems: ['bad.yaml:2:10: cluster.nodes must be a power of two from 1 to 1024 (the nearest are 4 and 8), found 5', `bad.yaml:3:3: there is no node "node7" (--node); the nodes are ${NAMES}; did you mean "node1"?`, 'bad.yaml:13:3: there is no key "network.bindip"; did you mean "network.bind_ip"?'] },
  { line: '-config=bad.yaml', problems: [`-node: is missing: say which node of bad.yaml this is, one of ${NAMES}`, 'bad.yaml:2:10: cluster.nodes must be a power of two from 1 to 1024 (the nearest are 4 and 8), found 5', 'bad.yaml:13:3: there is no key "network.bindip"; did you mean "network.bind_ip"?'] },
  { line: '-config=unnamed.yaml', problems: ['-node: is missing: say which node of unnamed.yaml this is', 'unnamed.yaml:4:15: cluster.master_slaves[0].master must be a name of 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found 1'] },
  { line: '-config=big.yaml', problems: [`-node: is missing: say which node of big.yaml this is, one of ${Array.from({ length: 20 }, (_, index) => `node${index + 1}`).join(', ')}, … (64 in all)`] },
  { line: '-config=gone.yaml -node=node1 --port=x', problems: ['--port: must be a whole number from 0 to 65535, found "x"', "gone.yaml: cannot read the configuration file: ENOENT: no such file or directory, open 'gone.yaml'"] },
  { line: '-config=lost.yaml -node=node1', problems: ["lost.yaml:2:16: cannot read the secret file \"nowhere\": ENOENT: no such file or directory, open 'nowhere'"] },
  { line: '-config=c.yaml -node=node1 --name=node2', problems: ['--name: is "node2" where -node is "node1"; with a file, -node is the name'] },
  { line: '-config=c.yaml -node=node1 --port=9080', problems: ["/ip4/0.0.0.0/tcp/9080: this node's HTTP port is 9080 too; give one of them another"] },
  { line: '--node=node1', problems: ['--node: names a node of a configuration file, but none is read; add --config FILE, or call this node --name node1'] },
  { line: '--name=a/b --partitions=5 --log-level=warning', problems: ['--log-level: must be one of debug, info, warn, error, silent, found "warning"', '--name: must be 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found "a/b"', '--partitions: must be a power of two from 1 to 1024 (the nearest are 4 and 8), found 5'] },
  { line: '--port=65536 --bind=localhost', problems: ['--bind: must be an IP address of this machine, or 0.0.0.0 for all of them, found "localhost"', '--port: must be a whole number from 0 to 65535, found 65536'] },
  { line: '--listen=/ip4/1.2.3.4/tcp/99999 --join=1.2.3.4:9080', problems: ['--join: must be a multiaddr such as /ip4/10.0.0.4/tcp/9080 or /ip4/10.0.0.4/tcp/9080/p2p/ID; it is malformed (String multiaddr must start with "/"), found "1.2.3.4:9080"', '--listen: must be a multiaddr such as /ip4/0.0.0.0/tcp/9080; it is malformed (Value must be smaller than or equal to 65535), found "/ip4/1.2.3.4/tcp/99999"'] },
  { line: '-config=c.yaml -node=node1 --listen=/ip4/1.2.3.4/udp/1', problems: ['--listen: must be a multiaddr such as /ip4/0.0.0.0/tcp/9080; it has /udp after the host where only /tcp is spoken, found "/ip4/1.2.3.4/udp/1"'] },
  { line: '--port=9080', problems: ["/ip4/127.0.0.1/tcp/9080: this node's HTTP port is 9080 too; give one of them another"] },
  { line: '--listen=/ip4/127.0.0.1/tcp/1 --listen=/ip4/127.0.0.1/tcp/1', problems: ['/ip4/127.0.0.1/tcp/1: this node would listen there twice; name it once'] },
  { line: '', env: { GOKEYDB_NETWORK_PORT: '-1', GOKEYDB_TUNING_REQUESTS_MAX: 'many' }, problems: ['GOKEYDB_NETWORK_PORT: must be a whole number from 0 to 65535, found -1', 'GOKEYDB_TUNING_REQUESTS_MAX: must be a whole number from 1 to 65536, found "many"'] },
  { line: '--secret-file=nowhere', problems: ["--secret-file: cannot read the secret file \"nowhere\": ENOENT: no such file or directory, open 'nowhere'"] }
]

suite('a wrong start', ({ test }) => {
  for (const { line, env, problems } of WRONG) {
    test(`is refused: ${line === '' ? JSON.stringify(env) : line}`, () => {
      expect.equal(wrong(line, env), problems)
    })
  }
})
