import { expect, suite } from '../harness.js'
import { type Fixture, errorOf, startFixture } from './fixture.js'

suite('who leaves and who stays, over HTTP', ({ test, before, after, beforeEach }) => {
  let fixture: Fixture
  before(async () => { fixture = await startFixture() })
  after(() => fixture.server.stop(0))
  beforeEach(() => {
    fixture.node.mode = { kind: 'at-once' }
    fixture.node.calls.length = 0
  })

  const ask = (path: string, method = 'POST'): Promise<Response> => fetch(`${fixture.url}/v1/cluster/${path}`, { method })

  test('a named member, or the asked node, goes or stays after all, with the deadline given', async () => {
    expect.equal(await (await ask('leave?member=node1&timeout=700')).json(), { member: 'node1', leaving: true })
    expect.equal(await (await ask('stay?member=node1')).json(), { member: 'node1', leaving: false })
    expect.equal(await (await ask('leave')).json(), { member: 'node1', leaving: true })
    expect.equal(fixture.node.calls.map(({ kind, timeoutMs }) => [kind, timeoutMs]), [['leave', 700], ['stay', 5000], ['leave', 5000]])
  })

  test('what goes wrong has its status and its reason', async () => {
    for (const [detail, status] of [
      [{ code: 'change_refused', reason: 'too few are there' }, 409], [{ code: 'change_unknown', reason: 'no answer in time' }, 504], [{ code: 'member_unknown', name: 'node1' }, 404]
    ] as const) {
      fixture.node.mode = { kind: 'fails', detail }
      const answer = await ask('leave')
      expect.is(answer.status, status)
      expect.is(errorOf(await answer.text()).code, detail.code)
    }
    fixture.node.mode = { kind: 'at-once' }
    expect.is((await ask('leave?member=nobody')).status, 404)
  })

  test('bad requests change nothing', async () => {
    for (const [path, status] of [['leave?member=%ff', 400], ['leave?timeout=soon', 400], ['leave?name=x', 400]] as const) expect.is((await ask(path)).status, status, path)
    expect.is((await ask('leave', 'GET')).status, 405)
    expect.equal(fixture.node.calls, [])
  })
})
