import { toBucket, toEpoch, toGeneration, toPartitionId, toPeerId, toRevision } from '../../src/base/index.js'
import type { KvAnswer } from '../../src/node/index.js'
import { Gateway } from '../../src/node/gateway.js'
import { Outbox } from '../../src/node/outbox.js'
import type { Transport } from '../../src/node/ports.js'
import { decodeKvFrame } from '../../protocols/kv/index.js'
import type { KvRequestMessage, KvResponseMessage } from '../../protocols/kv/index.js'
import { expect, suite } from '../harness.js'

const SELF = toPeerId('12D3KooWSe1f'.padEnd(52, 'z'))
const OTHER = toPeerId('12D3KooWother'.padEnd(52, 'z'))

/** A gateway of a node without replicas: everything is asked of one other node. */
class Asked {
  readonly gateway: Gateway
  readonly requests: KvRequestMessage[] = []
  readonly #outbox: Outbox

  constructor (generation: number) {
    const sent = (frame: Uint8Array): void => {
      for (const message of decodeKvFrame(frame)) if (message.kind === 'request') this.requests.push(message.request)
    }
    const transport: Pick<Transport, 'send'> = { send: (_peer, _channel, frame) => { sent(frame) } }
    this.#outbox = new Outbox(transport)
    this.gateway = new Gateway({
      self: SELF, generation: toGeneration(generation), outbox: this.#outbox, requestsMax: 10,
      locate: () => ({ partition: toPartitionId(0), bucket: toBucket(0) }), desk: () => undefined, replicaPeers: () => [OTHER], peerOf: () => OTHER,
      isConnected: () => true, epoch: () => toEpoch(1), freeBytes: () => 1e9
    }, 0)
  }

  get (): { request: KvRequestMessage, answers: KvAnswer[] } {
    const answers: KvAnswer[] = []
    this.gateway.get(Buffer.from('k'), { consistency: 'linearizable', timeoutMs: 5000 }, (answer) => { answers.push(answer) }, 0)
    return { request: this.#forwarded(), answers }
  }

  set (): { request: KvRequestMessage, answers: KvAnswer[] } {
    const answers: KvAnswer[] = []
    this.gateway.write({ op: 'set', key: Buffer.from('k'), value: Buffer.from('v') }, { timeoutMs: 5000 }, (answer) => { answers.push(answer) }, 0)
    return { request: this.#forwarded(), answers }
  }

  #forwarded (): KvRequestMessage {
    this.gateway.route(0)
    this.#outbox.flush()
    const request = this.requests[this.requests.length - 1]
    if (request === undefined) throw new Error('nothing was forwarded')
    return request
  }
}

const value = (id: number, text: string): KvResponseMessage => ({ kind: 'value', id, value: Buffer.from(text), revision: toRevision(1), ageMsMax: 0 })

suite('a gateway', ({ test }) => {
  test('takes no answer to a process before it for its own (sim seed "net 45")', () => {
    const before = new Asked(1)
    const late = before.get().request.id
    for (const generation of [2, 3, 2 ** 20 - 1]) {
      const now = new Asked(generation)
      const { request, answers } = now.get()
      expect.is.not(request.id, late)
      expect.ok(Number.isSafeInteger(request.id))
      now.gateway.response(OTHER, value(late, 'what another client asked for'))
      expect.equal(answers, [], `generation ${generation}`)
      now.gateway.response(OTHER, value(request.id, 'mine'))
      expect.is(answers.length, 1)
    }
  })

  test('takes no answer that does not fit the question, or that another node gives', () => {
    const asked = new Asked(1)
    const read = asked.get()
    const write = asked.set()
    asked.gateway.response(OTHER, value(write.request.id, 'v'))
    asked.gateway.response(OTHER, { kind: 'result', id: read.request.id, result: { kind: 'set', revision: toRevision(1) } })
    asked.gateway.response(SELF, value(read.request.id, 'forged'))
    expect.equal([...read.answers, ...write.answers], [])
    asked.gateway.response(OTHER, { kind: 'missing', id: read.request.id, revision: toRevision(0), ageMsMax: 0 })
    asked.gateway.response(OTHER, { kind: 'result', id: write.request.id, result: { kind: 'set', revision: toRevision(7) } })
    expect.equal([read.answers[0]?.kind, write.answers[0]?.kind], ['missing', 'set'])
  })
})
