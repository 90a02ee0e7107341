import { assert, type ClusterId, type NodeName, type PeerId } from '../base/index.js'
import { requestMap, send } from './founding-effects.js'
import { foundMap } from './map.js'
import {
  FOUNDING_GRACE_MS, PROPOSAL_RETRY_MS, type FoundingEffect, type FoundingInput, type FoundingPhase, type FoundingRecord, type FoundingSetup,
  type FoundingState, type FoundingStep
} from './founding-types.js'

type Proposing = Extract<FoundingPhase, { readonly kind: 'proposing' }>
type Settled = Extract<FoundingPhase, { readonly kind: 'promised' | 'joining' | 'member' }>

/** Whether the node will never propose or found any more. */
export function isSettled (phase: FoundingPhase): phase is Settled {
  return phase.kind !== 'waiting' && phase.kind !== 'proposing'
}

export function beginProposing (record: FoundingRecord, clusterId: ClusterId, nowMs: number): FoundingState {
  return {
    record,
    phase: { kind: 'proposing', clusterId, greeted: new Map(), acceptances: new Map(), majorityAtMs: undefined, askAgainAtMs: nowMs + PROPOSAL_RETRY_MS }
  }
}

/** How many of the other named nodes have to accept: a majority of them. */
export function acceptancesNeeded (setup: FoundingSetup): number {
  return Math.floor((setup.names.length - 1) / 2) + 1
}

/**
 * The first-listed node's part, as long as it may found. Undefined: the input is not about that, and is answered like
 * any node answers it.
 */
export function stepProposing (setup: FoundingSetup, state: FoundingState, input: FoundingInput, nowMs: number): FoundingStep | undefined {
  const { phase } = state
  if (setup.role !== 'first-listed' || isSettled(phase)) return undefined
  if (input.kind === 'tick') return phase.kind === 'proposing' ? askAgain(setup, state, phase, nowMs) : undefined
  if (input.name === setup.ownName || !setup.names.includes(input.name)) return undefined
  switch (input.kind) {
    case 'hello':
      if (input.clusterName !== setup.clusterName) return undefined
      return input.clusterId === undefined ? greet(setup, state, input, nowMs) : renounce(state, input.peer, input.clusterId)
    case 'acceptance':
      if (phase.kind === 'proposing' && input.clusterId === phase.clusterId) return accept(setup, state, phase, input, nowMs)
      return renounce(state, input.peer, input.clusterId)
    case 'refusal':
      return input.clusterId === undefined || !PROVING_CODES.has(input.code) ? undefined : renounce(state, input.peer, input.clusterId)
    default: return undefined
  }
}

/** Refusals that name a cluster because the other node belongs or is promised to it. */
const PROVING_CODES: ReadonlySet<string> = new Set(['founding_refused', 'foreign_cluster'])

/** A named node without a cluster came forward: it is asked. The id is durable before it is spoken for the first time. */
function greet (setup: FoundingSetup, state: FoundingState, { peer, name }: { readonly peer: PeerId, readonly name: NodeName }, nowMs: number): FoundingStep {
  const clusterId = state.phase.kind === 'proposing' ? state.phase.clusterId : setup.freshClusterId
  const record = { ...state.record, proposed: clusterId }
  const { phase } = state.phase.kind === 'proposing' ? { phase: state.phase } : beginProposing(record, clusterId, nowMs)
  assert(phase.kind === 'proposing', 'a greeted peer is proposed to')
  return {
    state: { record, phase: { ...phase, greeted: withName(phase.greeted, name, peer) } },
    effects: [{ kind: 'persist', record }, propose(setup, peer, clusterId), { kind: 'wake', atMs: phase.askAgainAtMs }]
  }
}

function propose (setup: FoundingSetup, peer: PeerId, clusterId: ClusterId): FoundingEffect {
  return send(peer, { kind: 'found-propose', clusterId, configuration: setup.configuration })
}

function accept (
  setup: FoundingSetup, state: FoundingState, phase: Proposing, { peer, name }: { readonly peer: PeerId, readonly name: NodeName }, nowMs: number
): FoundingStep {
  const acceptances = withName(phase.acceptances, name, peer)
  const isMajority = acceptances.size >= acceptancesNeeded(setup)
  const majorityAtMs = isMajority ? phase.majorityAtMs ?? nowMs : undefined
  return foundOrWait(setup, state, { ...phase, acceptances, majorityAtMs }, nowMs)
}

function askAgain (setup: FoundingSetup, state: FoundingState, phase: Proposing, nowMs: number): FoundingStep {
  if (nowMs < phase.askAgainAtMs) return foundOrWait(setup, state, phase, nowMs)
  const unanswered = [...phase.greeted].filter(([name, peer]) => phase.acceptances.get(name) !== peer)
  const next = foundOrWait(setup, state, { ...phase, askAgainAtMs: nowMs + PROPOSAL_RETRY_MS }, nowMs)
  if (isSettled(next.state.phase)) return next
  if (unanswered.length === 0) return next
  const questions = unanswered.map(([, peer]) => propose(setup, peer, phase.clusterId))
  return { state: next.state, effects: [{ kind: 'persist', record: state.record }, ...questions, ...next.effects] }
}

/** Founds once all accepted, or a majority and the grace is over. The first map binds those who accepted. */
function foundOrWait (setup: FoundingSetup, state: FoundingState, phase: Proposing, nowMs: number): FoundingStep {
  const { clusterId, acceptances, majorityAtMs } = phase
  const graceEndMs = majorityAtMs === undefined ? Infinity : majorityAtMs + FOUNDING_GRACE_MS
  if (acceptances.size < setup.names.length - 1 && nowMs < graceEndMs) {
    return { state: { record: state.record, phase }, effects: [{ kind: 'wake', atMs: Math.min(graceEndMs, phase.askAgainAtMs) }] }
  }
  const map = foundMap({ ...setup, clusterId, bound: new Map([[setup.ownName, setup.ownPeer], ...acceptances]) })
  return {
    state: { record: state.record, phase: { kind: 'member', clusterId } },
    effects: [{ kind: 'found', map }, ...[...acceptances.values()].map((peer): FoundingEffect => ({ kind: 'offer-map', peer }))]
  }
}

/** A cluster exists, or another id was accepted: this node's disk was lost or it came too late. It never founds now. */
function renounce (state: FoundingState, peer: PeerId, clusterId: ClusterId): FoundingStep {
  const record = { ...state.record, renounced: clusterId }
  return {
    state: { record, phase: { kind: 'joining', clusterId } },
    effects: [{ kind: 'persist', record }, requestMap(peer)]
  }
}

/** A name has one peer, the one that came last; a peer has one name. */
function withName (peers: ReadonlyMap<NodeName, PeerId>, name: NodeName, peer: PeerId): ReadonlyMap<NodeName, PeerId> {
  return new Map([...[...peers].filter(([otherName, otherPeer]) => otherName !== name && otherPeer !== peer), [name, peer]])
}
