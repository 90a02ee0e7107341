import { Prng } from '../../src/base/index.js'
import type { PeerId } from '../../src/base/index.js'
import { defaultMembershipOptions } from '../../src/membership/index.js'
import { Dissemination } from '../../src/membership/dissemination.js'
import { retransmitLimit } from '../../src/membership/options.js'
import { suite, expect } from '../harness.js'
import { Solo, peerOf, record, updatesOf } from './records.js'

suite('membership: dissemination', ({ test }) => {
  test('[M16] given 500 queued updates among 128 members, when messages take them, then each is sent 12 times and those sent least go first', () => {
    const limit = retransmitLimit(defaultMembershipOptions, 128)
    expect.is(limit, 12)
    const news = new Dissemination()
    for (let number = 1; number <= 500; number++) news.add(record(number, 'alive@1.0'))
    const sent = new Map<PeerId, number>()
    while (news.size > 0) {
      const updates = news.take(32, limit)
      expect.ok(updates.length <= 32)
      expect.is(new Set(updates.map(({ peer }) => peer)).size, updates.length, 'no subject twice in one message')
      for (const { peer } of updates) sent.set(peer, (sent.get(peer) ?? 0) + 1)
      const counts = Array.from({ length: 500 }, (_, position) => sent.get(peerOf(position + 1)) ?? 0)
      expect.ok(Math.max(...counts) - Math.min(...counts) <= 1, 'nobody is two sendings ahead')
    }
    expect.ok([...sent.values()].every((count) => count === limit))
  })

  test('[M16] given a backlog, when something newer of one subject comes, then there is one entry for it and it leaves first', () => {
    const news = new Dissemination()
    for (let number = 1; number <= 100; number++) news.add(record(number, 'alive@1.0'))
    news.take(100, 12)
    news.add(record(7, 'suspect@1.0'))
    news.add(record(7, 'alive@1.1'))
    news.add(record(200, 'alive@1.0'))
    expect.is(news.size, 101)
    expect.equal(news.take(2, 12), [record(200, 'alive@1.0'), record(7, 'alive@1.1')])
    expect.equal(news.take(200, 12).filter(({ peer }) => peer === peerOf(7)), [record(7, 'alive@1.1')], 'the older one is gone')
  })

  test('within a tier the newest stays first through all tiers', () => {
    const news = new Dissemination()
    for (const number of [1, 2, 3]) news.add(record(number, 'alive@1.0'))
    for (let sending = 0; sending < 4; sending++) {
      expect.equal(news.take(3, 4).map(({ peer }) => peer), [3, 2, 1].map(peerOf))
    }
    expect.is(news.size, 0)
  })

  test('[M16] [defect consul #1062] given 128 members and one new update per second, when a minute passes, then each is sent at most 12 times, in frames of the limit, and told in its second', () => {
    const solo = new Solo(1)
    for (let number = 2; number <= 128; number++) solo.hear(number, record(number, 'alive@1.0'))
    const sent = new Map<string, number>()
    const random = new Prng('news')
    for (let second = 1; second <= 60; second++) {
      const subject = random.between(2, 128)
      solo.hear(subject, record(subject, `alive@1.${second}`))
      let isTold = false
      for (const { sends } of solo.run(second * 1000)) {
        for (const { message } of sends) {
          if (message.kind === 'sync' || message.kind === 'digest') continue
          expect.ok(message.updates.length <= 32)
          if (message.kind === 'ack') expect.ok(message.updates.length > 0, 'gossip says something')
          for (const { peer, incarnation } of message.updates) {
            const key = `${peer} ${incarnation}`
            sent.set(key, (sent.get(key) ?? 0) + 1)
            isTold ||= peer === peerOf(subject) && incarnation === second
          }
        }
      }
      expect.ok(isTold, `update ${second} is told within its second`)
    }
    expect.ok(Math.max(...sent.values()) <= 12, `one update was sent ${Math.max(...sent.values())} times`)
  })

  test('[defect memberlist 63ef41a] what is known already is told to nobody again', () => {
    const solo = new Solo(1)
    for (const number of [2, 3]) solo.hear(number, record(number, 'alive@1.3'))
    solo.run(10_000)
    solo.hear(3, record(2, 'alive@1.3'), record(2, 'alive@1.2'), record(2, 'dead@1.2'))
    solo.sync(3, record(2, 'alive@1.3'), record(1, 'alive@1.0'))
    const sends = solo.run(15_000).flatMap((effects) => effects.sends)
    expect.ok(sends.every(({ message }) => message.kind === 'sync' || message.kind === 'digest' || updatesOf(message).length === 0))
  })

  test('alone with news a node waits quietly for somebody to tell', () => {
    const solo = new Solo(1)
    solo.core.updateSelf({ http: 'http://10.0.0.1:9999' }, 0)
    expect.ok(solo.run(10_000).length < 30)
    solo.hear(2, record(2, 'alive@1.0'))
    const sends = solo.run(10_300).flatMap((effects) => effects.sends)
    expect.ok(sends.some(({ to, message }) => to === peerOf(2) && updatesOf(message).some(({ incarnation }) => incarnation === 1)))
  })

  test('[defect consul #18078] with nothing to tell there is no gossip, also among two', () => {
    const solo = new Solo(1)
    solo.hear(2, record(2, 'alive@1.0'))
    solo.run(60_000)
    const sends = solo.run(120_000).flatMap((effects) => effects.sends)
    expect.ok(sends.every(({ message }) => message.kind === 'ping' || message.kind === 'digest'))
    expect.ok(sends.length < 70)
    expect.ok(sends.every(({ message }) => message.kind === 'sync' || message.kind === 'digest' || updatesOf(message).length === 0))
  })
})
