import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseCommandLine } from '../../src/cli/index.js'
import { membersTable, renderMembers } from '../../src/cli/members.js'
import { expect, suite } from '../harness.js'

const MEMBER = {
  name: 'node1', peer: '12D3KooWA', memberId: 1, health: 'alive', sinceMs: 65_000, generation: 3, incarnation: 2,
  multiaddrs: ['/ip4/127.0.0.1/tcp/9080'], http: 'http://127.0.0.1:8080', self: true, rttMs: null, localHealth: 0
}

async function answered (status: number, body: string, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_request, response) => { response.writeHead(status).end(body) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function problemOf (promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('it went well')
}

suite('gokeydb members', ({ test }) => {
  test('takes a port, a host and port, a URL, or nothing', () => {
    const asked = [[], ['8081'], ['10.0.0.4:8080'], ['http://[::1]:80/']].map((words) => parseCommandLine(['members', ...words], {}))
    expect.equal(asked, ['http://127.0.0.1:8080', 'http://127.0.0.1:8081', 'http://10.0.0.4:8080', 'http://[::1]'].map((url) => ({ kind: 'members', url })))
  })

  test('shows one aligned line per member, with dashes for what is not known', () => {
    const other = { ...MEMBER, name: 'a-longer-name', peer: '', health: 'unknown', sinceMs: 90_000_000, multiaddrs: [], http: '', self: false, rttMs: 0.25, localHealth: null }
    expect.equal(renderMembers([MEMBER, other]).split('\n'), [
      'NAME           STATE    SINCE  GEN.INC  RTT MS  HEALTH  HTTP            ADDRESS                  PEER',
      'node1 *        alive    1m5s   3.2      -       0       127.0.0.1:8080  /ip4/127.0.0.1/tcp/9080  12D3KooWA',
      'a-longer-name  unknown  1d1h   3.2      0.3     -       -               -                        -',
      ''
    ])
  })

  test('asks a node over HTTP', async () => {
    await answered(200, JSON.stringify({ members: [MEMBER] }), async (url) => {
      expect.match(await membersTable(url), /^node1 \* +alive +1m5s/m)
    })
  })

  test('says what is wrong where no node answers, or something else does', async () => {
    await answered(200, '<html>', async (url) => { expect.match(await problemOf(membersTable(url)), /does not answer as a GoKeyDB node does \(HTTP 200\)/) })
    await answered(404, '{}', async (url) => { expect.match(await problemOf(membersTable(url)), /HTTP 404/) })
    let gone = ''
    await answered(200, '', async (url) => { gone = url })
    expect.match(await problemOf(membersTable(gone)), /no node answers at http:.*ECONNREFUSED.*gokeydb members HOST:PORT/)
  })
})
