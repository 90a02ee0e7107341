import { History } from '../../sim/run/history.js'
import { readScenario } from '../../sim/scenario/index.js'
import { runScenario } from '../../sim/run/index.js'
import { expect, suite } from '../harness.js'

suite('what is said of a broken history', ({ test }) => {
  test('an operation is told with what was asked, through whom, and what came of it', () => {
    const history = new History()
    const request = { key: 'k', through: 'node2', timeoutUs: 1, consistency: 'linearizable' } as const
    history.call({ ...request, kind: 'set', value: 'v1' }, 1500)
    history.call({ ...request, kind: 'get', value: undefined }, 2000)
    history.answered(1, { kind: 'value', value: Buffer.from('v1'), revision: 1 as never, ageMsMax: 0 }, 2500)
    expect.is(history.text(0), '#0 set k "v1" through node2 at 1.5 ms, answered open')
    expect.is(history.text(1), '#1 get k through node2 at 2 ms, answered ok "v1"')
  })

  test('names the operation that no order explains', async () => {
    const read = readScenario([
      'nodes: 3', 'tuning: {lazy-flush: 1ms}', 'duration: 3s', 'steps:',
      '  - {at: 0s, disk: {node: node1, fault: lies}}', '  - {at: 0s, disk: {node: node2, fault: lies}}', '  - {at: 0s, disk: {node: node3, fault: lies}}',
      '  - {at: 1s, set: {key: k, value: kept, through: node1, answer: ok}}', '  - {at: 2s, crash-all: {loses: everything, restart: 50ms}}'
    ].join('\n'), 'lying.yaml')
    if ('problems' in read) throw new Error(JSON.stringify(read.problems))
    const { violations } = await runScenario(read.scenario, { seed: 'lying' })
    const broken = violations.find(({ invariant }) => invariant === 'linearizability')
    expect.ok(/no order explains #\d+ get k through node\d at [\d.]+ ms, answered missing$/.test(broken?.text ?? ''), broken?.text)
  }, { limitMs: 60_000 })
})
