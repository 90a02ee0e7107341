import { expect, suite } from '../harness.js'
import { type Fixture, errorOf, startFixture } from './fixture.js'

suite('reports', ({ test, before, after }) => {
  let fixture: Fixture
  before(async () => { fixture = await startFixture() })
  after(() => fixture.server.stop(0))

  const read = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${fixture.url}${path}`)
    expect.is(response.status, 200)
    expect.is(response.headers.get('content-type'), 'application/json')
    return await response.json() as Record<string, unknown>
  }

  test('the status shows the limits, and what is unknown as null', async () => {
    const status = await read('/status')
    expect.equal(status['limits'], { keyBytesMax: 1024, valueBytesMax: 1048576, timeoutMsMax: 60_000, requestsMax: 10 })
    expect.is(status['memberId'], null)
    expect.equal(Object.keys(status).sort(), Object.keys(fixture.node.status()).sort())
  })

  test('members and partitions are lists under their name', async () => {
    const { members } = await read('/v1/members') as { members: Array<Record<string, unknown>> }
    expect.is(members[0]?.['name'], 'node1')
    const { partitions } = await read('/v1/partitions') as { partitions: Array<Record<string, unknown>> }
    expect.is(partitions[0]?.['master'], null)
    expect.equal(partitions[0]?.['slaves'], ['node2'])
  })

  test('a large report comes whole', async () => {
    const one = fixture.node.partitions()
    fixture.node.partitions = () => Array.from({ length: 1024 }, () => one).flat()
    expect.is((await read('/v1/partitions') as { partitions: unknown[] }).partitions.length, 1024)
  })

  test('a living process says so, ready or not', async () => {
    fixture.node.readiness_ = { ready: false, checks: [] }
    expect.equal(await read('/livez'), { live: true })
    expect.is((await fetch(`${fixture.url}/readyz`)).status, 503)
  })

  test('a ready node is 200, and verbose lists every check', async () => {
    const checks = [{ name: 'admitted', ok: true, detail: 'member 1' }, { name: 'partition 3', ok: false, detail: 'no master' }]
    fixture.node.readiness_ = { ready: true, checks }
    expect.equal(await read('/readyz'), { ready: true })
    for (const query of ['verbose', 'verbose=1', 'x=1&verbose']) expect.equal(await read(`/readyz?${query}`), { ready: true, checks })
    expect.equal(await read('/readyz?verbosely'), { ready: true })
  })

  test('a node that is not ready is 503 with the reasons', async () => {
    const checks = [{ name: 'admitted', ok: false, detail: 'no coordinator yet' }, { name: 'storage', ok: true, detail: '' }, { name: 'map', ok: false, detail: 'unknown' }]
    fixture.node.readiness_ = { ready: false, checks }
    const response = await fetch(`${fixture.url}/readyz`)
    expect.is(response.status, 503)
    expect.is(response.headers.get('retry-after'), '1')
    const error = errorOf(await response.text())
    expect.is(error.code, 'not_ready')
    expect.match(error.message, 'admitted: no coordinator yet; map: unknown')
    const verbose = await fetch(`${fixture.url}/readyz?verbose`)
    expect.is(verbose.status, 503)
    expect.equal((await verbose.json() as { checks: unknown }).checks, checks)
  })
})
