import { formatProblem, parseConfig } from '../../src/config/index.js'
import { expect, suite } from '../harness.js'
import { problemsOf, SAMPLE } from './sample.js'

const MULTIADDR = '/ip4/10.0.0.4/tcp/9080'

/** One wrong file each: what is changed in the sample, and all that is then reported. */
const WRONG: ReadonlyArray<{ name: string, from: string | RegExp, to: string, problems: string[] }> = [
  { name: 'a count that is no power of two', from: 'nodes: 4', to: 'nodes: 3', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024 (the nearest are 2 and 4), found 3'] },
  { name: 'a count of zero', from: 'nodes: 4', to: 'nodes: 0', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024, found 0'] },
  { name: 'a count beyond 1024', from: 'nodes: 4', to: 'nodes: 2048', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024, found 2048'] },
  { name: 'a negative count', from: 'nodes: 4', to: 'nodes: -4', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024, found -4'] },
  { name: 'a count in text', from: 'nodes: 4', to: 'nodes: "4"', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024, found "4"'] },
  { name: 'a count that is no number', from: 'nodes: 4', to: 'nodes: .inf', problems: ['2:10 cluster.nodes must be a power of two from 1 to 1024, found Infinity'] },
  { name: 'an empty count', from: 'nodes: 4 #', to: 'nodes: #', problems: ['2:3 cluster.nodes must be a power of two from 1 to 1024, found nothing'] },
  { name: 'a missing count', from: /nodes: 4.*\n {2}/, to: '', problems: ['1:1 cluster.nodes is missing: give the number of partitions, a power of two'] },
  { name: 'an unknown key', from: 'bind_ip', to: 'bindip', problems: ['13:3 there is no key "network.bindip"; did you mean "network.bind_ip"?'] },
  { name: 'an unknown key like no other', from: 'bind_ip: 0.0.0.0', to: 'firewall: on', problems: ['13:3 there is no key "network.firewall"'] },
  { name: 'an unknown section', from: 'storage:', to: 'storag:', problems: ['9:1 there is no key "storag"; did you mean "storage"?'] },
  { name: 'an unknown key of a group', from: 'slaves: [node2', to: 'slave: [node2', problems: ['5:7 there is no key "cluster.master_slaves[0].slave"; did you mean "cluster.master_slaves[0].slaves"?'] },
  { name: 'a key given twice', from: '  port: 8080', to: '  port: 8080\n  port: 8081', problems: ['13:3 this key is given twice; keep one of them'] },
  { name: 'a node twice in one group', from: '[node2, node3]', to: '[node2, node2]', problems: ['5:23 "node2" is named twice (first in line 5); a node belongs to one group, once'] },
  { name: 'a node in two groups', from: '[node5, node6]', to: '[node5, node2]', problems: ['7:23 "node2" is named twice (first in line 5); a node belongs to one group, once'] },
  { name: 'a master of two groups', from: 'master: node4', to: 'master: node1', problems: ['6:15 "node1" is named twice (first in line 4); a node belongs to one group, once'] },
  { name: 'a master that is its own slave', from: '[node5, node6]', to: '[node5, node4]', problems: ['7:23 "node4" is the master of this group and cannot be its own slave; remove it from slaves'] },
  { name: 'a group without a master', from: 'master: node4\n      ', to: '', problems: ['6:7 cluster.master_slaves[1] has no master; add "master: NAME"'] },
  { name: 'a group that is no mapping', from: '- master: node4\n      slaves: [node5, node6]', to: '- node4', problems: ['6:7 cluster.master_slaves[1] must be a mapping of keys, found "node4"'] },
  { name: 'no groups at all', from: /master_slaves:[^]*?\n\n/, to: 'master_slaves: []\n\n', problems: ['3:18 cluster.master_slaves must be a list of groups, each with a master and its slaves, found an empty list; leave the key out to have replicas placed automatically'] },
  { name: 'groups that are nothing', from: /master_slaves:[^]*?\n\n/, to: 'master_slaves:\n\n', problems: ['3:3 cluster.master_slaves must be a list of groups, each with a master and its slaves, found nothing; leave the key out to have replicas placed automatically'] },
  { name: 'slaves that are no list', from: '[node2, node3]', to: 'node2', problems: ['5:15 cluster.master_slaves[0].slaves must be a list, found "node2"'] },
  { name: 'a name with a slash', from: 'master: node1', to: 'master: ../node1', problems: ['4:15 cluster.master_slaves[0].master must be a name of 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found "../node1"'] },
  { name: 'a name that is a number', from: '[node2, node3]', to: '[node2, 3]', problems: ['5:23 cluster.master_slaves[0].slaves[1] must be a name of 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found 3'] },
  { name: 'a group of eight', from: '[node2, node3]', to: '[a, b, c, d, e, f, g]', problems: ['4:7 this group has 8 nodes; at most 7 may hold one partition'] },
  { name: 'a wrong cluster name', from: 'cluster:', to: 'cluster:\n  name: my cluster', problems: ['2:9 cluster.name must be a name of 1 to 64 letters, digits, ".", "_" or "-", beginning with a letter or digit, found "my cluster"'] },
  { name: 'too many replicas', from: 'cluster:', to: 'cluster:\n  replicas: 8', problems: ['2:13 cluster.replicas must be a whole number from 1 to 7, found 8'] },
  { name: 'two secrets', from: 'cluster:', to: 'cluster:\n  secret: a\n  secret_file: b', problems: ['3:16 cluster.secret and cluster.secret_file are both given; keep one of them'] },
  { name: 'a secret that is no text, which is not shown', from: 'cluster:', to: 'cluster:\n  secret: 12345', problems: ['2:11 cluster.secret must be text (quote it)'] },
  { name: 'a path that is no text', from: '/data/gokeydb', to: '[a]', problems: ['10:9 storage.path must be text, found a list of 1'] },
  { name: 'a section that is no mapping', from: /storage:[^]*?network/, to: 'storage: /data\nnetwork', problems: ['9:10 storage must be a mapping of keys, found "/data"'] },
  { name: 'a port that is text', from: 'port: 8080', to: 'port: http', problems: ['12:9 network.port must be a whole number from 0 to 65535, found "http"'] },
  { name: 'a port with a fraction', from: 'port: 8080', to: 'port: 80.5', problems: ['12:9 network.port must be a whole number from 0 to 65535, found 80.5'] },
  { name: 'ports that count beyond the range', from: 'port: 8080', to: 'port: 65532', problems: ['12:9 counting up from network.port, "node5" gets HTTP port 65536; ports end at 65535, so lower network.port'] },
  { name: 'libp2p ports that count beyond the range', from: 'bind_ip: 0.0.0.0', to: 'p2p_port: 65535', problems: ['13:13 counting up from network.p2p_port, "node2" gets libp2p port 65536; ports end at 65535, so lower network.p2p_port'] },
  { name: 'port ranges that overlap', from: 'bind_ip: 0.0.0.0', to: 'p2p_port: 8083', problems: ['13:13 port 8083 would be both the libp2p port of "node1" and the HTTP port of "node4"; keep network.port and network.p2p_port at least 6 apart'] },
  { name: 'one port for both', from: 'port: 8080', to: 'port: 9080', problems: ['12:9 port 9080 would be both the HTTP port of "node1" and the libp2p port of "node1"; keep network.port and network.p2p_port at least 6 apart'] },
  { name: 'a libp2p port of 0', from: 'bind_ip: 0.0.0.0', to: 'p2p_port: 0', problems: ['13:13 a libp2p port of 0 cannot be dialled by the other 5 nodes; name a port'] },
  { name: 'an address that is none', from: '0.0.0.0', to: '0.0.0', problems: ['13:12 network.bind_ip must be an IP address of this machine, or 0.0.0.0 for all of them, found "0.0.0"'] },
  { name: 'hosts for some', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: 10.0.0.1, node4: 10.0.0.4}', problems: ['13:10 network.hosts has no entry for node2, node3, node5, node6; if one node has an entry, all need one'] },
  { name: 'a host for nobody', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: a, node2: a, node3: a, node4: a, node5: a, node6: a, node66: a}', problems: ['13:71 network.hosts names "node66", which cluster.master_slaves does not; did you mean "node6"?'] },
  { name: 'a host with a port', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: 10.0.0.1:9080, node2: a, node3: a, node4: a, node5: a, node6: a}', problems: [`13:18 network.hosts.node1 must be an IP address, a host name without a port, or a multiaddr such as ${MULTIADDR}, found "10.0.0.1:9080"`] },
  { name: 'a mistyped host', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: 10.0.0.256, node2: a, node3: a, node4: a, node5: a, node6: a}', problems: [`13:18 network.hosts.node1 must be an IP address, a host name without a port, or a multiaddr such as ${MULTIADDR}, found "10.0.0.256"`] },
  { name: 'a host over UDP', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: /ip4/10.0.0.1/udp/1, node2: a, node3: a, node4: a, node5: a, node6: a}', problems: [`13:18 network.hosts.node1 must be an IP address, a host name without a port, or a multiaddr such as ${MULTIADDR}; it has /udp after the host where only /tcp is spoken, found "/ip4/10.0.0.1/udp/1"`] },
  { name: 'a host named twice', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: a, node2: a, node3: a, node4: a, node5: a, node6: a, node6: b}', problems: ['13:71 this key is given twice; keep one of them'] },
  { name: 'hosts that are a list', from: 'bind_ip: 0.0.0.0', to: 'hosts: [10.0.0.1]', problems: ['13:10 network.hosts must be a mapping such as {node1: 10.0.0.1}, found a list of 1'] },
  { name: 'one exact port for two', from: 'bind_ip: 0.0.0.0', to: 'hosts: {node1: /ip4/10.0.0.1/tcp/7, node2: /ip4/10.0.0.1/tcp/7, node3: a, node4: a, node5: a, node6: a}', problems: ['12:9 port 7 would be both the libp2p port of "node1" and the libp2p port of "node2"; keep network.port and network.p2p_port at least 6 apart'] },
  { name: 'hosts behind loopback', from: '0.0.0.0', to: '127.0.0.1\n  hosts: {node1: 10.0.0.1, node2: a, node3: a, node4: a, node5: a, node6: a}', problems: ['13:12 the others look for "node1" at 10.0.0.1, but 127.0.0.1 can be reached from its own machine only; use bind_ip: 0.0.0.0'] },
  { name: 'a listening address without a port', from: 'bind_ip: 0.0.0.0', to: 'listen: [/ip4/0.0.0.0]', problems: ['13:12 network.listen[0] must be a multiaddr such as /ip4/0.0.0.0/tcp/9080; it has no /tcp/PORT, found "/ip4/0.0.0.0"'] },
  { name: 'a listening address with a name', from: 'bind_ip: 0.0.0.0', to: 'listen: [/dns4/a/tcp/1]', problems: ['13:12 network.listen[0] must be a multiaddr such as /ip4/0.0.0.0/tcp/9080; it names a host; a node listens at an IP address, found "/dns4/a/tcp/1"'] },
  { name: 'a libp2p port that nobody listens at', from: 'bind_ip: 0.0.0.0', to: 'p2p_port: 9000\n  listen: [/ip4/0.0.0.0/tcp/9500]', problems: ['13:13 network.p2p_port is 9000, where the other nodes dial, but no address of network.listen has that port; name it in one of them, or leave network.p2p_port out'] },
  { name: 'a contact that is no multiaddr', from: 'bind_ip: 0.0.0.0', to: `join: [${MULTIADDR}, 10.0.0.4]`, problems: [`13:34 network.join[1] must be a multiaddr such as ${MULTIADDR} or ${MULTIADDR}/p2p/ID; it is malformed (String multiaddr must start with "/"), found "10.0.0.4"`] },
  { name: 'a contact with a wrong peer id', from: 'bind_ip: 0.0.0.0', to: `join: [${MULTIADDR}/p2p/lO0l]`, problems: [`13:10 network.join[0] must be a multiaddr such as ${MULTIADDR} or ${MULTIADDR}/p2p/ID; it has a malformed peer id "lO0l", found "${MULTIADDR}/p2p/lO0l"`] },
  { name: 'too many contacts', from: 'bind_ip: 0.0.0.0', to: `join: [${Array.from({ length: 17 }, () => MULTIADDR).join(', ')}]`, problems: ['13:9 network.join has 17 entries; at most 16 are allowed'] },
  { name: 'an announced peer id', from: 'bind_ip: 0.0.0.0', to: `announce: [${MULTIADDR}/p2p/12D3KooWGC6TvWhfapsX6wvJHaYPKpGfwX1pMPmTGiFxbLvnbaPC]`, problems: ['13:14 network.announce[0] must be a multiaddr such as /ip4/203.0.113.7/tcp/9080 or /dns4/db.example.org/tcp/9080; it ends in /p2p/ID, which each node adds by itself, found "/ip4/10.0.0.4/tcp/9080/p2p/12D3KooWGC6TvWhfapsX6wvJHaYPKpGf…'] },
  { name: 'an election sooner than three heartbeats', from: 'storage:', to: 'tuning:\n  heartbeat_ms: 400\nstorage:', problems: ['10:17 tuning.election_timeout_ms (1000) must be at least 3 times tuning.heartbeat_ms (400); raise the one or lower the other'] },
  { name: 'a probe slower than its interval', from: 'storage:', to: 'tuning:\n  probe_interval_ms: 990\nstorage:', problems: ['10:22 tuning.probe_interval_ms (990) must be more than 990 for a tuning.probe_timeout_ms of 500, so that helpers can answer; raise the one or lower the other'] },
  { name: 'a sync more often than a probe', from: 'storage:', to: 'tuning:\n  sync_interval_ms: 500\nstorage:', problems: ['10:21 tuning.sync_interval_ms (500) must be at least tuning.probe_interval_ms (1000); raise the one or lower the other'] },
  { name: 'a knock more often than a probe', from: 'storage:', to: 'tuning:\n  reconnect_interval_ms: 999\nstorage:', problems: ['10:26 tuning.reconnect_interval_ms (999) must be at least tuning.probe_interval_ms (1000); raise the one or lower the other'] },
  { name: 'the dead forgotten before all have heard', from: 'storage:', to: 'tuning:\n  dead_remembered_ms: 60000\nstorage:', problems: ['10:23 tuning.dead_remembered_ms (60000) must be at least 10 times tuning.sync_interval_ms (30000), so that all hear of a death before anybody forgets it; raise the one or lower the other'] },
  { name: 'a figure out of range', from: 'storage:', to: 'tuning:\n  requests_max: 0\nstorage:', problems: ['10:17 tuning.requests_max must be a whole number from 1 to 65536, found 0'] },
  { name: 'a time with its unit', from: 'storage:', to: 'tuning:\n  heartbeat_ms: 100ms\nstorage:', problems: ['10:17 tuning.heartbeat_ms must be a whole number from 10 to 10000, found "100ms"'] },
  { name: 'more nodes than a cluster may have', from: /nodes: 4[^]*?\n\n/, to: 'nodes: 1024\n\n', problems: ['2:10 the file stands for 1024 nodes; at most 512 are allowed: name them in cluster.master_slaves or network.hosts to have fewer nodes than partitions'] }
]

suite('a wrong configuration', ({ test }) => {
  for (const { name, from, to, problems } of WRONG) {
    test(`is refused for ${name}, with its place`, () => {
      const text = SAMPLE.replace(from, to)
      expect.is.not(text, SAMPLE)
      const found = problemsOf(text)
      expect.equal(found.map((problem, index) => problems[index]?.endsWith('…') === true ? `${problem.slice(0, problems[index].length - 1)}…` : problem), problems)
    })
  }

  test('is told of all its faults at once, in the order of the file', () => {
    const text = `cluster:
  nodes: 6
  master_slaves:
    - master: node1
      slaves: [node1, node2]
    - master: node2
      slaves: [node3]
network:
  port: 70000
  bindip: 1.2.3.4
storage:
  path: 7
extra: 1
`
    expect.equal(problemsOf(text).map((problem) => problem.replace(/ .*/, '')), ['2:10', '5:16', '6:15', '9:9', '10:3', '12:9', '13:1'])
  })

  test('is shown as file:line:column', () => {
    const result = parseConfig('cluster: {nodes: 3}', 'dir/c.yaml')
    expect.equal(result.ok ? [] : result.problems.map(formatProblem), ['dir/c.yaml:1:18: cluster.nodes must be a power of two from 1 to 1024 (the nearest are 2 and 4), found 3'])
  })
})

/** Files that are no YAML, or too much of it: one problem, and no crash. */
const MALFORMED: ReadonlyArray<{ name: string, text: string, problem: RegExp }> = [
  { name: 'an unclosed list', text: 'cluster:\n  nodes: [4', problem: /^2:12 YAML syntax: / },
  { name: 'a tab for indentation', text: 'cluster:\n\tnodes: 4', problem: /^2:1 YAML syntax: Tabs/ },
  { name: 'two documents', text: 'cluster: {nodes: 1}\n---\nb: 1', problem: /several YAML documents/ },
  { name: 'an unknown alias', text: 'cluster: *x', problem: /^1:10 there is no anchor "&x" before this/ },
  { name: 'a key that is no text', text: '? [a]\n: x\ncluster: {nodes: 1}', problem: /^1:3 YAML syntax: .*keys must be strings/ },
  { name: 'a list', text: '- cluster', problem: /^1:1 the file must be a mapping of keys, found a list of 1/ },
  { name: 'an empty file', text: '', problem: /^1:1 cluster.nodes is missing/ },
  { name: 'an alias bomb', text: `a: &a [${'x,'.repeat(9)}x]\n${'bcdefg'.split('').map((key, index) => `${key}: &${key} [${Array.from({ length: 10 }, () => `*${'abcdef'[index] ?? ''}`).join(',')}]`).join('\n')}`, problem: /^1:1 the file unfolds to more than 100000 values/ },
  { name: 'deep nesting', text: `cluster: ${'['.repeat(50)}${']'.repeat(50)}`, problem: /nests deeper than 16 levels/ },
  { name: 'a huge file', text: '#'.repeat(1024 * 1024 + 1), problem: /has 1048577 characters; at most 1048576/ },
  { name: 'a self-reference', text: 'cluster: &c {nodes: 1, x: *c}', problem: /nests deeper|unfolds to more|YAML syntax/ }
]

suite('a malformed file', ({ test }) => {
  for (const { name, text, problem } of MALFORMED) {
    test(`is refused for ${name}`, () => {
      const problems = problemsOf(text)
      expect.ok(problems.some((each) => problem.test(each)), `found: ${problems.join('\n')}`)
    })
  }
})
