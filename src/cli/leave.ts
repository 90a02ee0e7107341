/** ms between two looks at how far a member is. */
const LOOK_EVERY_MS = 500
/** ms to wait for one answer of the node. */
const TIMEOUT_MS = 10_000

interface Member {
  readonly name: string
  readonly memberId?: number | null
  readonly replicas?: number | null
  readonly self: boolean
}

/** What `gokeydb leave` is told of the world, so that tests need no clock. */
export interface LeaveWorld {
  say (line: string): void
  wait (ms: number): Promise<void>
}

/**
 * Asks the node at `url` to let a member go (itself, where `name` is undefined), and waits until it holds nothing.
 * @throws {Error} that says why not, and what to do
 */
export async function leaveCluster (url: string, name: string | undefined, world: LeaveWorld): Promise<void> {
  const query = name === undefined ? '' : `?member=${encodeURIComponent(name)}`
  const { status, body } = await ask(`${url}/v1/cluster/leave${query}`, 'POST')
  if (status !== 200) throw new Error(messageOf(body) ?? `${url} does not answer as a GoKeyDB node does (HTTP ${status})`)
  const member = name ?? nameOf(body)
  if (member === undefined) throw new Error(`${url} does not answer as a GoKeyDB node does (HTTP ${status})`)
  world.say(`${member} is leaving: its replicas and masterships go to the others`)
  let before: number | undefined
  for (;;) {
    let answer: Answer
    try {
      answer = await ask(`${url}/v1/members`, 'GET')
    } catch (error) {
      if (before === 0) break // it has gone in the meantime
      throw error
    }
    const found = membersOf(answer.body)?.find((each) => each.name === member)
    if (found?.memberId === undefined || found.memberId === null) break
    const replicas = found.replicas ?? undefined
    if (replicas !== before && replicas !== undefined) world.say(replicas === 0 ? `${member}: the last replicas are on their way` : `${member}: ${replicas} partitions still to place elsewhere`)
    before = replicas
    await world.wait(LOOK_EVERY_MS)
  }
  world.say(`${member} has left: it holds nothing any more, and its process may end`)
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function ask (url: string, method: string): Promise<Answer> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, body: await response.json().catch(() => undefined) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new Error(`no node answers at ${new URL(url).origin} (${cause}); give the HTTP address of one that runs: gokeydb leave HOST:PORT`, { cause: error })
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

function messageOf (body: unknown): string | undefined {
  const error = isObject(body) ? body['error'] : undefined
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : undefined
}

function nameOf (body: unknown): string | undefined {
  return isObject(body) && typeof body['member'] === 'string' ? body['member'] : undefined
}

function membersOf (body: unknown): readonly Member[] | undefined {
  return isObject(body) && Array.isArray(body['members']) ? body['members'] as readonly Member[] : undefined
}
