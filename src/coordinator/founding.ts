import { assert, unreachable, type ClusterId, type PeerId } from '../base/index.js'
import { clusterMapProblem, type RefusalCode } from '../../protocols/cluster/index.js'
import { refuse, requestMap, send } from './founding-effects.js'
import { describeDifference } from './founding-report.js'
import type { FoundingEffect, FoundingInput, FoundingRecord, FoundingSetup, FoundingState, FoundingStep, FoundingStored } from './founding-types.js'
import { beginProposing, isSettled, stepProposing } from './founding-proposer.js'
import { memberByName } from './lookup.js'
import { foundMap } from './map.js'

type Input<Kind extends FoundingInput['kind']> = Extract<FoundingInput, { readonly kind: Kind }>

/** A node's beginning or its return: older promises bind more than the role. */
export function startFounding (setup: FoundingSetup, stored: FoundingStored, nowMs: number): FoundingStep {
  const { record } = stored
  const { role, names, ownName, ownPeer } = setup
  assert(role === 'joiner' || names.includes(ownName), 'this node is not among the names')
  assert(role !== 'first-listed' || names[0] === ownName, 'the first-listed node is the first of the names')
  const at = (phase: FoundingState['phase']): FoundingStep => ({ state: { record, phase }, effects: [] })
  if (stored.clusterId !== undefined) return at({ kind: 'member', clusterId: stored.clusterId })
  if (record.renounced !== undefined) return at({ kind: 'joining', clusterId: record.renounced })
  if (record.accepted !== undefined) return at({ kind: 'promised', clusterId: record.accepted })
  switch (role) {
    case 'joiner': return at({ kind: 'joining', clusterId: undefined })
    case 'named': return at({ kind: 'waiting' })
    case 'lone': return record.proposed === undefined ? foundAlone(setup, record) : at({ kind: 'joining', clusterId: undefined })
    case 'first-listed':
      if (names.length === 1) return foundAlone(setup, record)
      return record.proposed === undefined ? at({ kind: 'waiting' }) : { state: beginProposing(record, record.proposed, nowMs), effects: [] }
    default: return unreachable(role)
  }

  function foundAlone (plan: FoundingSetup, promises: FoundingRecord): FoundingStep {
    const clusterId = promises.proposed ?? plan.freshClusterId
    const map = foundMap({ ...plan, clusterId, bound: new Map([[ownName, ownPeer]]) })
    return { state: { record: promises, phase: { kind: 'member', clusterId } }, effects: [{ kind: 'found', map }] }
  }
}

/** One input, in the order of arrival. Messages may be lost, repeated and late; none of them can make it throw. */
export function stepFounding (setup: FoundingSetup, state: FoundingState, input: FoundingInput, nowMs: number): FoundingStep {
  const proposed = stepProposing(setup, state, input, nowMs)
  if (proposed !== undefined) return proposed
  switch (input.kind) {
    case 'hello': return { state, effects: answerHello(setup, state, input) }
    case 'proposal': return answerProposal(setup, state, input)
    case 'acceptance': return { state, effects: answerLateAcceptance(state, input) }
    case 'map': return considerMap(setup, state, input)
    case 'refusal':
    case 'tick': return { state, effects: [] }
    default: return unreachable(input)
  }
}

function refuseForeign (peer: PeerId, own: ClusterId, other: ClusterId): FoundingEffect {
  return refuse(peer, 'foreign_cluster', `this node belongs to cluster ${own}, not to ${other}`, own)
}

/** The only cluster this node can ever belong to, where that is settled. */
function settledClusterId ({ phase }: FoundingState): ClusterId | undefined {
  return isSettled(phase) ? phase.clusterId : undefined
}

function answerHello (setup: FoundingSetup, state: FoundingState, { peer, clusterName, clusterId }: Input<'hello'>): FoundingEffect[] {
  const own = settledClusterId(state)
  if (clusterName !== setup.clusterName) {
    return [refuse(peer, 'foreign_cluster', `this node is configured for cluster "${setup.clusterName}", not "${clusterName}"`, own)]
  }
  if (clusterId === undefined) return []
  if (own !== undefined && clusterId !== own) return [refuseForeign(peer, own, clusterId)]
  if (state.phase.kind === 'member') return []
  return [requestMap(peer)]
}

function answerProposal (setup: FoundingSetup, state: FoundingState, { peer, name, clusterId, configuration }: Input<'proposal'>): FoundingStep {
  const refused = (code: RefusalCode, reason: string, own?: ClusterId): FoundingStep => ({ state, effects: [refuse(peer, code, reason, own)] })
  const own = settledClusterId(state)
  if (own !== undefined && state.phase.kind !== 'promised') return refused('founding_refused', `this node belongs to cluster ${own}`, own)
  if (own !== undefined && own !== clusterId) return refused('founding_refused', `this node accepted cluster ${own}, for ever`, own)
  if (setup.role === 'joiner' || setup.role === 'lone') return refused('founding_refused', 'this node was told to join a cluster, not to found one')
  if (configuration !== setup.configuration) {
    return refused('configuration_differs', `the cluster sections differ: ${describeDifference(setup.configuration, configuration)}`)
  }
  if (setup.role === 'first-listed') return refused('name_taken', `this node is ${setup.ownName}, the first-listed, itself`)
  if (name !== setup.names[0]) return refused('founding_refused', `only ${setup.names[0]}, the first-listed, may found the cluster, not ${name}`)
  const record = { ...state.record, accepted: clusterId }
  return {
    state: { record, phase: { kind: 'promised', clusterId } },
    effects: [{ kind: 'persist', record }, send(peer, { kind: 'found-accept', clusterId })]
  }
}

/** Too late to be bound by the first map: it gets the map, and asks to be bound. */
function answerLateAcceptance ({ phase }: FoundingState, { peer, clusterId }: Input<'acceptance'>): FoundingEffect[] {
  return phase.kind === 'member' && phase.clusterId === clusterId ? [{ kind: 'offer-map', peer }] : []
}

function considerMap (setup: FoundingSetup, state: FoundingState, { peer, map }: Input<'map'>): FoundingStep {
  const refused = (effect: FoundingEffect): FoundingStep => ({ state, effects: [effect] })
  const own = settledClusterId(state)
  if (own !== undefined && map.clusterId !== own) return refused(refuseForeign(peer, own, map.clusterId))
  if (state.phase.kind === 'member') return { state, effects: [] }
  const problem = clusterMapProblem(map)
  if (problem !== undefined) return refused(refuse(peer, 'configuration_differs', `the map is wrong: ${problem}`, own))
  const isExpected = state.phase.kind === 'joining' || memberByName(map, setup.ownName) !== undefined
  if (!isExpected) return refused(refuse(peer, 'configuration_differs', `the map of cluster ${map.clusterId} does not name ${setup.ownName}`, own))
  return {
    state: { record: state.record, phase: { kind: 'member', clusterId: map.clusterId } },
    effects: [{ kind: 'adopt', map }]
  }
}
