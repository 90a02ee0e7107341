import { AskedNode, isObject } from './ask-node.js'

/** ms between two looks at how far a member is. */
const LOOK_EVERY_MS = 500

interface Member {
  readonly name: string
  readonly memberId?: number | null
  readonly replicas?: number | null
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
  const node = new AskedNode(url, 'leave')
  const query = name === undefined ? '' : `?member=${encodeURIComponent(name)}`
  const { status, body } = await node.ask(`/v1/cluster/leave${query}`, 'POST')
  const member = isObject(body) ? body['member'] : undefined
  if (status !== 200 || typeof member !== 'string') throw messageOf(body) ?? node.strange(status)
  world.say(`${member} is leaving: its replicas and masterships go to the others`)
  let before: number | undefined
  for (;;) {
    const found = (await node.members<Member>()).find((each) => each.name === member)
    if (found?.memberId === undefined || found.memberId === null) break
    const replicas = found.replicas ?? undefined
    if (replicas !== before && replicas !== undefined) world.say(replicas === 0 ? `${member}: the last replicas are on their way` : `${member}: ${replicas} partitions still to place elsewhere`)
    before = replicas
    await world.wait(LOOK_EVERY_MS)
  }
  world.say(`${member} has left: it holds nothing any more, and its process may end`)
}

/** Why a node refused. */
function messageOf (body: unknown): Error | undefined {
  const error = isObject(body) ? body['error'] : undefined
  return isObject(error) && typeof error['message'] === 'string' ? new Error(error['message']) : undefined
}
