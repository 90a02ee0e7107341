import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { leaveCluster } from '../../src/cli/index.js'
import { expect, suite } from '../harness.js'

type Answer = readonly [status: number, body: unknown]

/** A node that gives the answers one after another, the last one again and again; returns what it was asked. */
async function answering (answers: readonly Answer[], use: (url: string) => Promise<void>): Promise<string[]> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const [status, body] = answers[Math.min(asked.length, answers.length - 1)] as Answer
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
  return asked
}

/** What it said, and then what went wrong. */
async function said (url: string, name?: string): Promise<string[]> {
  const lines: string[] = []
  try {
    await leaveCluster(url, name, { say: (line) => { lines.push(line) }, wait: async () => {} })
  } catch (error) {
    lines.push(`failed: ${error instanceof Error ? error.message : String(error)}`)
  }
  return lines
}

const members = (replicas: number, memberId: number | null = 2): Answer => [200, { members: [{ name: 'other', memberId: 1, replicas: 4 }, { name: 'b c', memberId, replicas }] }]
const leaving: Answer = [200, { member: 'b c', leaving: true }]

suite('gokeydb leave', ({ test }) => {
  test('asks once, then looks until the member is gone, and says how far it is', async () => {
    let lines: string[] = []
    const asked = await answering([leaving, members(3), members(3), members(0), members(0, null)], async (url) => { lines = await said(url, 'b c') })
    expect.equal(lines, [
      'b c is leaving: its replicas and masterships go to the others', 'b c: 3 partitions still to place elsewhere', 'b c: the last replicas are on their way',
      'b c has left: it holds nothing any more, and its process may end'
    ])
    expect.equal(asked, ['POST /v1/cluster/leave?member=b%20c', ...Array<string>(4).fill('GET /v1/members')])
  })

  test('without a name the asked node goes, by the name that it gives', async () => {
    let lines: string[] = []
    const asked = await answering([leaving, [200, { members: [] }]], async (url) => { lines = await said(url) })
    expect.is(asked[0], 'POST /v1/cluster/leave')
    expect.match(lines[1] ?? '', /^b c has left/)
  })

  test('a refusal is told in its own words', async () => {
    await answering([[409, { error: { code: 'change_refused', message: 'the cluster was not changed: why' } }]], async (url) => {
      expect.equal(await said(url), ['failed: the cluster was not changed: why'])
    })
  })

  test('nobody is said to have left where the answer says no such thing', async () => {
    for (const answer of [[503, { error: { code: 'overloaded', message: 'busy' } }], [200, '<html>'], [200, {}]] as const) {
      await answering([leaving, members(3), answer], async (url) => {
        expect.match((await said(url)).pop() ?? '', /^failed: .*does not answer as a GoKeyDB node does/)
      })
    }
    await answering([[200, '<html>']], async (url) => { expect.match((await said(url))[0] ?? '', /^failed: .*does not answer as a GoKeyDB node does \(HTTP 200\)/) })
    let gone = ''
    await answering([leaving], async (url) => { gone = url })
    expect.match((await said(gone))[0] ?? '', /^failed: no node answers at http:.*ECONNREFUSED.*gokeydb leave HOST:PORT/)
  })
})
