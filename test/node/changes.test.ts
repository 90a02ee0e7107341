import { Prng, toMemberId } from '../../src/base/index.js'
import type { NodeName, PeerId } from '../../src/base/index.js'
import { applyMapCommand, foundMap } from '../../src/coordinator/index.js'
import { Changes } from '../../src/node/changes.js'
import type { ChangeAnswer } from '../../src/node/changes.js'
import type { ClusterMap, ClusterMessage, MapCommand } from '../../protocols/cluster/index.js'
import { clusterIdOf, nodeName, peerOf } from '../coordinator/harness.js'
import { expect, suite } from '../harness.js'

const COUNT = 4

const founded = (): ClusterMap => foundMap({
  clusterId: clusterIdOf(1), clusterName: 'test', names: Array.from({ length: COUNT }, (_, i) => nodeName(i + 1)),
  bound: new Map(Array.from({ length: COUNT }, (_, i): [NodeName, PeerId] => [nodeName(i + 1), peerOf(i + 1)])),
  partitionCount: 2, replicaSets: undefined, replicaCount: 3
})

/** Nodes 1 … 4, of which one at most coordinates; what they say arrives when `deliver` is called. */
class Nodes {
  map = founded()
  coordinator: number | undefined = 1
  objection: string | undefined
  readonly proposed: MapCommand[] = []
  readonly sent: Array<{ from: number, to: PeerId, message: ClusterMessage }> = []
  readonly #changes = new Map<number, Changes>()

  at (number: number): Changes {
    const known = this.#changes.get(number)
    return known ?? this.restart(number)
  }

  restart (number: number): Changes {
    const changes = new Changes({
      outbox: { cluster: (to, message) => { this.sent.push({ from: number, to, message }) } },
      random: new Prng(`${number} ${this.#changes.size} ${this.sent.length}`),
      map: () => this.map,
      coordinatorMap: () => this.coordinator === number ? this.map : undefined,
      propose: (command) => { this.proposed.push(command); return true },
      isAccepted: () => true,
      peerOf: (member) => this.map.members.find(({ id }) => id === member)?.peer,
      objection: () => this.objection
    })
    this.#changes.set(number, changes)
    return changes
  }

  deliver (nowMs: number): void {
    for (const { from, to, message } of this.sent.splice(0)) {
      const target = this.at([1, 2, 3, 4].find((number) => peerOf(number) === to) as number)
      if (message.kind === 'change-request') target.request(peerOf(from), message.id, message.command, nowMs)
      else if (message.kind === 'change-reply') target.reply(message)
    }
  }

  commit (): void {
    for (const command of this.proposed.splice(0)) this.map = applyMapCommand(this.map, command).map
  }

  ask (at: number, member: number, timeoutMs = 5000): { readonly answers: ChangeAnswer[] } {
    const answers: ChangeAnswer[] = []
    this.at(at).ask({ kind: 'leave', member: toMemberId(member) }, timeoutMs, 0, (answer) => { answers.push(answer) })
    this.at(at).tick(0)
    return { answers }
  }
}

suite('changes of the map that people ask for', ({ test }) => {
  test('are answered when the coordinator has applied them, not when it was asked', () => {
    const nodes = new Nodes()
    const { answers } = nodes.ask(4, 2)
    nodes.deliver(1)
    expect.equal(nodes.proposed, [{ kind: 'leave', member: 2 }])
    nodes.at(1).tick(400)
    nodes.deliver(400)
    expect.equal(answers, [])
    nodes.commit()
    nodes.at(1).tick(800)
    nodes.deliver(800)
    expect.equal(answers, [{ kind: 'done' }])
  })

  test('are asked for again, proposed once, and found done by a coordinator that did not propose them', () => {
    const nodes = new Nodes()
    const { answers } = nodes.ask(4, 2)
    for (const nowMs of [0, 300, 600]) {
      nodes.deliver(nowMs)
      nodes.at(4).tick(nowMs + 300)
    }
    expect.is(nodes.proposed.length, 1)
    nodes.commit()
    nodes.coordinator = 3
    nodes.at(4).tick(1200)
    nodes.deliver(1200)
    nodes.deliver(1201)
    expect.equal(answers, [{ kind: 'done' }])
  })

  test('of the coordinator\'s own clients need no message', () => {
    const nodes = new Nodes()
    const { answers } = nodes.ask(1, 2)
    nodes.commit()
    nodes.at(1).tick(300)
    expect.equal(answers, [{ kind: 'done' }])
    expect.is(nodes.sent.length, 0)
  })

  test('are refused by the map, by the coordinator, and where nobody may ask for them', () => {
    const nodes = new Nodes()
    nodes.objection = 'too few are there'
    const { answers } = nodes.ask(1, 2)
    expect.equal(answers, [{ kind: 'refused', code: 'placement_impossible', reason: 'too few are there' }])
    nodes.objection = undefined
    nodes.map = applyMapCommand(nodes.map, { kind: 'leave', member: toMemberId(4) }).map
    expect.is(nodes.ask(1, 2).answers[0]?.kind, 'refused')
    nodes.at(1).request(peerOf(2), 7, { kind: 'remove', member: toMemberId(4) }, 0)
    expect.match(JSON.stringify(nodes.sent), /nobody may ask for \\"remove\\"/)
    expect.is(nodes.proposed.length, 0)
  })

  test('end with the deadline where nobody coordinates, and are not kept without bound', () => {
    const nodes = new Nodes()
    nodes.coordinator = undefined
    const { answers } = nodes.ask(4, 2, 1000)
    for (let nowMs = 300; nowMs <= 1200; nowMs += 300) nodes.at(4).tick(nowMs)
    expect.equal(answers, [{ kind: 'timeout' }])
    expect.is(nodes.at(4).nextDeadlineMs, Infinity)
    const many = Array.from({ length: 65 }, () => nodes.ask(4, 2).answers)
    expect.equal(many.map((each) => each.length), [...Array<number>(64).fill(0), 1])
    expect.match(JSON.stringify(many[64]), /64 changes of the cluster are waiting already/)
  })

  test('of a process before this one answer nothing that this one asks', () => {
    const nodes = new Nodes()
    nodes.ask(4, 2)
    nodes.deliver(1)
    nodes.commit()
    nodes.restart(4)
    const { answers } = nodes.ask(4, 3)
    nodes.sent.length = 0
    nodes.at(1).tick(300) // answers the process before
    nodes.deliver(300)
    expect.equal(answers, [])
  })
})
