import type { ClusterId, NodeName, PeerId } from '../../src/base/index.js'
import {
  foundMap, startFounding, stepFounding, type FoundingEffect, type FoundingInput, type FoundingRecord, type FoundingSetup, type FoundingState
} from '../../src/coordinator/index.js'
import type { ClusterMap, RefusalCode } from '../../protocols/cluster/index.js'
import { NO_PROMISES, clusterIdOf, inShort, nodeName, peerOf, setupOf } from './harness.js'

export const X = clusterIdOf(1)
export const Y = clusterIdOf(9)

/** One node, its steps one after another. */
export class TestNode {
  readonly setup: FoundingSetup
  state: FoundingState
  effects: readonly FoundingEffect[]

  constructor (setup: FoundingSetup, stored: { record?: Partial<FoundingRecord>, clusterId?: ClusterId } = {}) {
    this.setup = setup
    const step = startFounding(setup, { record: { ...NO_PROMISES, ...stored.record }, clusterId: stored.clusterId }, 0)
    this.state = step.state
    this.effects = step.effects
  }

  step (input: FoundingInput, nowMs = 0): string[] {
    const step = stepFounding(this.setup, this.state, input, nowMs)
    this.state = step.state
    this.effects = step.effects
    return inShort(step.effects)
  }

  hello (number: number, clusterId?: ClusterId, more: { peer?: PeerId, clusterName?: string, name?: NodeName } = {}): string[] {
    return this.step({ kind: 'hello', peer: peerOf(number), name: nodeName(number), clusterName: 'test', clusterId, ...more })
  }

  proposal (clusterId: ClusterId, more: { name?: NodeName, configuration?: string } = {}): string[] {
    return this.step({ kind: 'proposal', peer: peerOf(1), name: nodeName(1), clusterId, configuration: 'nodes: 2', ...more })
  }

  acceptance (number: number, clusterId: ClusterId, nowMs = 0, more: { peer?: PeerId, name?: NodeName } = {}): string[] {
    return this.step({ kind: 'acceptance', peer: peerOf(number), name: nodeName(number), clusterId, ...more }, nowMs)
  }

  refusal (number: number, code: RefusalCode, clusterId?: ClusterId, more: { name?: NodeName } = {}): string[] {
    return this.step({ kind: 'refusal', peer: peerOf(number), name: nodeName(number), code, clusterId, ...more })
  }

  map (map: ClusterMap): string[] {
    return this.step({ kind: 'map', peer: peerOf(3), name: nodeName(3), map })
  }

  get phase (): string {
    return this.state.phase.kind
  }

  get reason (): string {
    const effect = this.effects.find((each) => each.kind === 'send')
    return effect?.kind === 'send' && effect.message.kind === 'refuse' ? effect.message.reason : ''
  }

  get foundedMap (): ClusterMap | undefined {
    const effect = this.effects.find((each) => each.kind === 'found')
    return effect?.kind === 'found' ? effect.map : undefined
  }
}

export const mapOf = (clusterId: ClusterId, count = 4): ClusterMap => foundMap({ ...setupOf(1, { count }), clusterId, bound: new Map([[nodeName(1), peerOf(1)]]) })
