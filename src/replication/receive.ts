import { unreachable } from '../base/index.js'
import type { MemberId } from '../base/index.js'
import type { ReplicationMessage } from '../../protocols/replication/index.js'
import { isMember } from './configurations.js'
import { ReplicaState } from './replica-state.js'
import type { Roles } from './roles.js'

/**
 * What a message of another member means: first for the term, then for the role. Members that this replica's configuration
 * does not have are heard as well: theirs may be newer (thesis section 4.2.2). Whom a quorum needs is counted elsewhere.
 */
export function receive (state: ReplicaState, roles: Roles, from: MemberId, message: ReplicationMessage): void {
  if (message.term > ReplicaState.termMax) {
    state.outbox.anomaly(`member ${from} names term ${message.term}`)
    return
  }
  if (message.kind === 'retired') {
    state.farewell(message.index)
    return
  }
  if (message.kind === 'vote-request' && !state.installing && !state.isCommittedMember(from)) {
    const { outbox, partition, term, commitIndex, log } = state
    outbox.sendAfter(from, { kind: 'retired', partition, term, index: commitIndex })
    // Nobody sends a removed member its removal. Whose log is not behind this one is none: its configuration is a newer one.
    if (!log.isCoveredBy(message)) return
  }
  if (message.term > state.term && !meetNewerTerm(roles, message)) return
  if (message.term < state.term) {
    // A leader or candidate that was left behind must learn of it: with pre-votes nobody else would tell it.
    if (message.kind === 'append') roles.refuseAppend(from)
    else if (message.kind === 'vote-request') roles.refuseVote(from, message)
    return
  }
  const { outbox, partition, term, commitIndex } = state
  const role = roles.current
  switch (message.kind) {
    case 'append': {
      const following = roles.followCurrent()
      if (following === undefined) outbox.anomaly(`member ${from} also leads term ${term}`)
      else if (following.hear(from)) following.onAppend(message)
      break
    }
    case 'append-reply':
      if (role.role === 'leader') role.onAppendReply(from, message)
      break
    case 'vote-request':
      roles.onVoteRequest(from, message)
      break
    case 'vote-reply':
      roles.onVoteReply(from, message)
      break
    case 'timeout-now':
      if (role.role === 'follower' && role.leader === from) roles.takeOver()
      break
    case 'read-request':
      if (role.role === 'leader' && isMember(state.configurations.current, from)) role.onReadRequest(from, message)
      else outbox.sendAfter(from, { kind: 'read-reply', partition, term, id: message.id, index: commitIndex, accepted: false })
      break
    case 'read-reply':
      if (role.role === 'follower' && role.leader === from) role.onReadReply(message)
      break
    default:
      unreachable(message)
  }
}

/** Enters the message's newer term, unless it is no reason to; false: it is to be ignored. */
function meetNewerTerm (roles: Roles, message: ReplicationMessage): boolean {
  // Who hears a leader neither votes nor lets itself be drawn into another's term: a returning or half-connected
  // replica must not depose a leader that works (thesis section 4.2.3).
  if (message.kind === 'vote-request' && !message.transfer && roles.hearsLeader) return false
  if (message.kind === 'vote-request' && message.preVote) return true
  if (message.kind === 'vote-reply' && message.preVote && message.granted) return true
  roles.follow(message.term)
  return true
}
