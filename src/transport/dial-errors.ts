import { messageOf } from './errors.js'

/** Said instead of an address's error where a node dialled itself. */
export const SELF = 'self'

const NOBODY_LISTENS = 'nothing listens at'

/** Whether a reason says that the host is up and the process gone, at every address that was tried. */
export const isRefusal = (reason: string): boolean => reason.split('; ').every((each) => each.startsWith(NOBODY_LISTENS))

/** Why a dial failed, in words for the person who reads the log of the node that dialled. */
export function describeDialError (error: unknown, timeoutMs: number): string {
  if (error instanceof AggregateError) {
    const reasons = [...new Set(error.errors.map((each: unknown) => describeDialError(each, timeoutMs)))]
    // a secret that does not match is the same at every address, and the one thing the reader can mend
    return reasons.find((reason) => reason === WRONG_SECRET) ?? (reasons.length === 0 ? messageOf(error) : reasons.join('; '))
  }
  const name = error instanceof Error ? error.name : ''
  const message = messageOf(error)
  if (/dial self/i.test(message)) return SELF
  if (/handshake stage \d validation fail/.test(message)) return WRONG_SECRET
  if (message.includes('does not match expected remote identity key')) return 'another node answers at this address'
  if (message.includes('ECONNREFUSED')) return `${NOBODY_LISTENS} ${/ECONNREFUSED (\S+)/.exec(message)?.[1] ?? 'this address'}`
  if (name === 'TimeoutError' || name === 'AbortError' || /timeout|aborted/i.test(message)) return `no answer within ${timeoutMs} ms`
  if (name === 'EncryptionFailedError') {
    return `the other side closed the connection during the handshake (${message}); it may have too many connections, or be no GoKeyDB node`
  }
  return message
}

const WRONG_SECRET = "the other side refused the handshake: this node's cluster.secret is missing or different"
