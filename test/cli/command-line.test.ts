import { helpText, parseCommandLine } from '../../src/cli/index.js'
import type { Environment, Options } from '../../src/cli/index.js'
import { formatProblem, OVERRIDABLE_KEYS } from '../../src/config/index.js'
import { expect, suite } from '../harness.js'

function optionsOf (argv: readonly string[], env: Environment = {}): Options {
  const command = parseCommandLine(argv, env)
  if (command.kind === 'start' || command.kind === 'local') return command.options
  throw new Error(JSON.stringify(command))
}

function problemsOf (argv: readonly string[]): string[] {
  const command = parseCommandLine(argv, {})
  return command.kind === 'usage-error' ? command.problems.map(formatProblem) : [command.kind]
}

/** Everything that means the same. */
const SAME: ReadonlyArray<{ name: string, lines: string[] }> = [
  { name: 'a file and a node', lines: ['-config=c.yaml -node=n1', '--config=c.yaml --node=n1', '-config c.yaml -node n1', '--config c.yaml --node n1', 'start -node n1 -config=c.yaml', '-config c.yaml start --node=n1'] },
  { name: 'a node without a file', lines: ['start --data D --port 8081 --listen /ip4/127.0.0.1/tcp/9081 --join /ip4/127.0.0.1/tcp/9080', '-data=D -port=8081 -listen=/ip4/127.0.0.1/tcp/9081 -join=/ip4/127.0.0.1/tcp/9080'] }
]

const WRONG: ReadonlyArray<{ line: string, problems: string[] }> = [
  { line: '-confg=c.yaml', problems: ['-confg: unknown option; did you mean "--config"?'] },
  { line: '--confg c.yaml', problems: ['--confg: unknown option; did you mean "--config"?'] },
  { line: '-nod=n1 --prot 8080', problems: ['--prot: unknown option; did you mean "--port"?', '-nod: unknown option; did you mean "--node"?'] },
  { line: '--secret_file=x', problems: ['--secret_file: unknown option; did you mean "--secret-file"?'] },
  { line: '-x', problems: ['-x: unknown option'] },
  { line: '-p8080', problems: ['-p8080: unknown option'] },
  { line: '--port', problems: ['--port: needs a value: --port=PORT'] },
  { line: '-port=', problems: ['-port: needs a value: --port=PORT'] },
  { line: '--port --data D', problems: ['--port: needs a value: --port=PORT'] },
  { line: '--port 1 -port=2', problems: ['-port: is given twice; keep one'] },
  { line: '--help=yes', problems: ['--help: takes no value'] },
  { line: 'begin', problems: ['begin: unknown command; the commands are start (the default), local, members, leave and sim'] },
  { line: 'strat', problems: ['strat: unknown command; the commands are start (the default), local, members, leave and sim; did you mean "start"?'] },
  { line: 'config=c.yaml', problems: ['config=c.yaml: unknown command; the commands are start (the default), local, members, leave and sim'] },
  { line: 'start node1', problems: ['node1: "start" takes options only'] },
  { line: '-- --port 1', problems: ['--port: unknown command; the commands are start (the default), local, members, leave and sim'] },
  { line: 'local', problems: ['local: needs the configuration file of the cluster to run: --config FILE'] },
  { line: 'local --config c.yaml --port 1', problems: ['--port: concerns one node, and "local" runs all of them'] },
  { line: 'members ftp://x', problems: ['ftp://x: not an HTTP address; write HOST:PORT, PORT or http://HOST:PORT'] },
  { line: 'members a:1 b:2', problems: ['b:2: "members" asks one node'] },
  { line: 'members --port 8081', problems: ['--port: says how a node starts; "members" takes the HTTP address of one that runs: gokeydb members HOST:PORT'] },
  { line: 'scale 8 --dry-run', problems: ['scale: not implemented yet'] },
  { line: 'leave ftp://x', problems: ['ftp://x: not an HTTP address; write HOST:PORT, PORT or http://HOST:PORT'] },
  { line: 'leave 8081 8082', problems: ['8082: "leave" asks one node'] },
  { line: 'leave --port 8081', problems: ['--port: says how a node starts; "leave" takes the HTTP address of one that runs, and -node=NAME if another one shall go: gokeydb leave HOST:PORT'] },
  { line: '--data D sim', problems: ['sim: comes first: gokeydb sim [options]'] },
  { line: '--data D scale', problems: ['scale: not implemented yet'] }
]

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '')

suite('the command line', ({ test }) => {
  for (const { name, lines } of SAME) {
    test(`says ${name} in ${lines.length} ways`, () => {
      const [first, ...others] = lines.map((line) => {
        const { flags, ...options } = optionsOf(words(line))
        return { ...options, node: options.node?.value, flags: flags.toSorted((a, b) => a.key < b.key ? -1 : 1) }
      })
      for (const other of others) expect.equal(other, first)
      expect.ok(first?.config === 'c.yaml' || first?.flags.length === 4)
    })
  }

  for (const { line, problems } of WRONG) {
    test(`refuses "${line}"`, () => {
      const found = problemsOf(words(line))
      expect.equal(found.toSorted(), problems.toSorted())
    })
  }

  test('means start where it says nothing', () => {
    expect.is(parseCommandLine([], {}).kind, 'start')
    expect.is(parseCommandLine(['start'], {}).kind, 'start')
    expect.is(parseCommandLine(['local', '-config', 'c'], {}).kind, 'local')
  })

  test('repeats --join, --listen and --announce', () => {
    const { flags } = optionsOf(words('-join a -join=b --listen c --listen d -announce e -announce f'))
    expect.equal(flags.map(({ key, texts }) => [key, texts]), [['network.join', ['a', 'b']], ['network.listen', ['c', 'd']], ['network.announce', ['e', 'f']]])
  })

  test('asks for help and version with one dash or two, or a letter', () => {
    expect.equal(['-help', '--help', '-h', 'start -h', 'scale0 --help'].map((line) => parseCommandLine(words(line), {}).kind), ['help', 'help', 'help', 'help', 'help'])
    expect.equal(['-version', '--version', '-v'].map((line) => parseCommandLine(words(line), {}).kind), ['version', 'version', 'version'])
  })

  test('takes values from the environment, and flags before them', () => {
    const env = { GOKEYDB_NODE: 'n2', GOKEYDB_LOG_LEVEL: 'debug', GOKEYDB_STORAGE_PATH: 'E', GOKEYDB_NETWORK_JOIN: ' a, b,', GOKEYDB_NETWORK_PORT: '', HOME: '/' }
    const options = optionsOf(['-config=c'], env)
    expect.equal([options.node, options.logLevel], [{ value: 'n2', source: 'GOKEYDB_NODE' }, { value: 'debug', source: 'GOKEYDB_LOG_LEVEL' }])
    expect.equal(options.environment, [
      { key: 'storage.path', source: 'GOKEYDB_STORAGE_PATH', rank: 1, texts: ['E'] },
      { key: 'network.join', source: 'GOKEYDB_NETWORK_JOIN', rank: 1, texts: ['a', 'b'] }
    ])
    expect.is(optionsOf(['-config=c', '-node=n1'], env).node?.value, 'n1')
  })

  test('does not take the file from the environment', () => {
    expect.is(optionsOf([], { GOKEYDB_CONFIG: 'c.yaml' }).config, undefined)
  })
})

suite('the help', ({ test }) => {
  test('names every flag and every variable', () => {
    const text = helpText()
    for (const name of ['config', 'node', 'name', 'data', 'port', 'bind', 'listen', 'join', 'announce', 'partitions', 'secret-file', 'log-level', 'help', 'version']) {
      expect.ok(new RegExp(`^  --${name}\\b`, 'm').test(text), name)
    }
    for (const key of Object.keys(OVERRIDABLE_KEYS)) {
      expect.ok(text.includes(`GOKEYDB_${key.toUpperCase().replace('.', '_')}`), key)
    }
    for (const other of ['GOKEYDB_NODE', 'GOKEYDB_NAME', 'GOKEYDB_LOG_LEVEL']) expect.ok(text.includes(`[${other}]`), other)
  })

  test('fits a wide terminal', () => {
    expect.equal(helpText().split('\n').filter((line) => line.length > 130), [])
  })
})
