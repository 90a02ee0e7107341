import { Prng, toBucket, toLogIndex, toPartitionId, toPeerId } from '../../src/base/index.js'
import { batchKey, dataKey, hardStateKey, logKey, nodeKey, sealRecord, sessionKey } from '../../src/layout/index.js'
import { DiskError } from '../../src/node/ports.js'
import type { DiskOperation } from '../../src/node/ports.js'
import { ByteMap } from '../../sim/disk/byte-map.js'
import { VirtualDisk } from '../../sim/disk/virtual-disk.js'
import type { VirtualDiskOptions } from '../../sim/disk/virtual-disk.js'
import { expect, suite } from '../harness.js'
import { ALL, collect, put, range, remove, text, thrown } from '../storage/conformance.js'

const ignore = (): void => {}
const keys = (disk: VirtualDisk): string => disk.contents(ALL).map(({ key }) => text(key)).join('')
const value = (disk: VirtualDisk, key: string): string | undefined => text(disk.get(Buffer.from(key)))

/** Writes and completes each of these batches. */
function fill (disk: VirtualDisk, ...batches: DiskOperation[][]): void {
  for (const batch of batches) {
    disk.write(batch, (error) => { expect.is(error, undefined) })
    expect.ok(disk.completeNext())
  }
}

/** A disk that told its hooks everything, in order. */
function watched (options: VirtualDiskOptions = {}): { disk: VirtualDisk, batches: Array<readonly DiskOperation[]>, seen: string[] } {
  const batches: Array<readonly DiskOperation[]> = []
  const seen: string[] = []
  const disk = new VirtualDisk({
    ...options,
    onDurable: (operations) => { batches.push(operations); seen.push(`+${operations.map(({ key }) => text(key)).join('')}`) },
    onCleared: (cleared) => { seen.push(`-${cleared.map((key) => text(key)).join('')}`) }
  })
  return { disk, batches, seen }
}

/** What a crash leaves of these pending batches, over many seeds. */
function leftovers (pend: (disk: VirtualDisk) => void, crash: (disk: VirtualDisk, random: Prng) => void): string[] {
  const seen = new Set<string>()
  for (let seed = 0; seed < 300; seed++) {
    const disk = new VirtualDisk({ clearKeysMax: 1 })
    pend(disk)
    crash(disk, new Prng(`crash ${seed}`))
    seen.add(keys(disk))
  }
  return [...seen].sort()
}

const pendThree = (disk: VirtualDisk): void => { for (const key of ['a', 'b', 'c']) disk.write([put(key, '1')], ignore) }

suite('ByteMap', ({ test }) => {
  test('a fork is not changed by its origin, nor the origin by its fork', () => {
    const map = new ByteMap()
    map.apply([put('a', '1'), put('b', '1')])
    const fork = map.fork()
    const second = map.fork()
    map.apply([put('a', '2'), remove('b'), put('c', '2')])
    second.apply([put('d', '3')])
    const show = (of: ByteMap): string => of.entries(ALL).map(({ key, value }) => `${text(key)}${text(value)}`).join(' ')
    expect.is(show(fork), 'a1 b1')
    expect.is(show(map), 'a2 c2')
    expect.is(show(second), 'a1 b1 d3')
  })

  test('random changes, forks and releases leave every map as a model has it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = new Prng(`forks ${seed}`)
      const maps: Array<{ map: ByteMap, model: Map<string, string> }> = [{ map: new ByteMap(), model: new Map() }]
      for (let round = 0; round < 400; round++) {
        const chosen = maps[random.below(maps.length)] as { map: ByteMap, model: Map<string, string> }
        if (random.chance(1, 10) && maps.length < 6) maps.push({ map: chosen.map.fork(), model: new Map(chosen.model) })
        else if (random.chance(1, 10) && maps.length > 1) {
          chosen.map.release()
          maps.splice(maps.indexOf(chosen), 1)
        } else {
          const key = `k${random.below(30)}`
          if (random.chance(1, 3)) {
            chosen.model.delete(key)
            chosen.map.apply([remove(key)])
          } else {
            chosen.model.set(key, String(round))
            chosen.map.apply([put(key, String(round))])
          }
        }
        const { map, model } = maps[random.below(maps.length)] as { map: ByteMap, model: Map<string, string> }
        const expected = [...model].sort(([a], [b]) => a < b ? -1 : 1).map((pair) => pair.join('='))
        expect.equal(map.entries(ALL).map((entry) => `${text(entry.key)}=${text(entry.value)}`), expected, `seed ${seed}, round ${round}`)
        expect.is(map.size, model.size)
      }
    }
  })

  test('bytes of any value and length keep their order and their identity', () => {
    const random = new Prng('bytes')
    const map = new ByteMap()
    const all = new Map<string, Uint8Array>()
    for (let count = 0; count < 2000; count++) {
      const key = Uint8Array.from({ length: random.below(14) }, () => random.below(256))
      all.set(Buffer.from(key).toString('hex'), key)
      map.apply([{ kind: 'put', key, value: key }])
    }
    const sorted = [...all.values()].sort((a, b) => Buffer.compare(a, b)).map((key) => Buffer.from(key).toString('hex'))
    expect.equal(map.entries({ from: Buffer.alloc(0), to: Buffer.alloc(15, 0xff) }).map(({ key }) => Buffer.from(key).toString('hex')), sorted)
    for (const key of all.values()) expect.is(Buffer.compare(map.get(key) ?? Buffer.from('none'), key), 0)
  })

  test('an image stays as it was while half a thousand batches are written', () => {
    const map = new ByteMap()
    map.apply(Array.from({ length: 100 }, (_, index) => put(`k${index}`, '0')))
    const image = map.fork()
    const before = image.entries(ALL)
    for (let round = 0; round < 500; round++) map.apply([put('k7', String(round))])
    expect.equal(image.entries(ALL), before)
    expect.is(text(map.get(Buffer.from('k7'))), '499')
  })
})

suite('crashes of a virtual disk', ({ test }) => {
  test('each loss leaves what it says and nothing else', () => {
    const prefixes = ['', 'a', 'ab', 'abc']
    expect.equal(leftovers(pendThree, (disk) => { disk.crash('everything') }), [''])
    expect.equal(leftovers(pendThree, (disk) => { disk.crash('nothing') }), ['abc'])
    expect.equal(leftovers(pendThree, (disk, random) => { disk.crash('tail', random) }), prefixes)
    expect.equal(leftovers(pendThree, (disk, random) => { disk.crash('subset', random) }), [...prefixes, 'ac', 'b', 'bc', 'c'].sort())
  })

  test('a pending clear is lost by chunks', () => {
    const pend = (disk: VirtualDisk): void => {
      fill(disk, [put('a', '1'), put('b', '1'), put('c', '1')])
      disk.clear(range('a', 'c'), ignore)
      disk.write([put('d', '1')], ignore)
    }
    expect.equal(leftovers(pend, (disk) => { disk.crash('nothing') }), ['cd'])
    // the write beside the range overtakes the second chunk
    expect.equal(leftovers(pend, (disk, random) => { disk.crash('tail', random) }), ['abc', 'bc', 'bcd', 'cd'])
    expect.equal(leftovers(pend, (disk, random) => { disk.crash('subset', random) }), ['abc', 'abcd', 'ac', 'acd', 'bc', 'bcd', 'c', 'cd'])
  })

  test('the outcome counts what survived, and the hooks hear of it in order before the crash returns', () => {
    const { disk, batches, seen } = watched({ clearKeysMax: 1 })
    fill(disk, [put('a', '1'), put('b', '1')])
    const batch = [put('c', '1')]
    disk.write(batch, () => { throw new Error('nobody is told after a crash') })
    disk.clear(range('a', 'c'), ignore)
    expect.equal(disk.crash('nothing'), { keptCount: 3, lostCount: 0, torn: undefined })
    expect.equal(seen, ['+ab', '+c', '-a', '-b'])
    expect.ok(batches[1] === batch, 'the same array')
    disk.write([put('d', '1')], ignore)
    expect.equal(disk.crash('everything'), { keptCount: 0, lostCount: 1, torn: undefined })
    expect.is(seen.length, 4)
  })

  test('a torn batch leaves some of its first operations, and no whole batch after it by itself', () => {
    const pend = (disk: VirtualDisk): void => {
      disk.write([put('x', '1')], ignore)
      disk.write([put('a', '1'), put('b', '1'), put('c', '1')], ignore)
      disk.write([put('d', '1'), put('e', '1')], ignore)
    }
    expect.equal(leftovers(pend, (disk, random) => { disk.crash('everything', random, { tears: true }) }), ['a', 'ab'])
    expect.equal(leftovers(pend, (disk, random) => { disk.crash('tail', random, { tears: true }) }), ['a', 'ab', 'abcdex', 'abcdx', 'abx', 'ax'])
    const { disk, seen } = watched()
    const batch = [put('a', '1'), put('b', '1')]
    disk.write(batch, ignore)
    const { torn } = disk.crash('everything', new Prng(1), { tears: true })
    expect.ok(torn?.operations === batch && torn.count === 1)
    expect.is(keys(disk), 'a')
    expect.equal(seen, [], 'a part of a batch is not the batch')
  })

  test('chance that was not handed in is a bug of the world', () => {
    for (const loses of ['tail', 'subset'] as const) expect.throws(() => { new VirtualDisk().crash(loses) }, /matter of chance/)
    expect.throws(() => { new VirtualDisk().crash('everything', undefined, { tears: true }) }, /matter of chance/)
  })

  test('a failed batch that landed is told to the hooks when the crash brings it to light', () => {
    const { disk, batches, seen } = watched()
    fill(disk, [put('a', '1')])
    disk.failNextWrite(new DiskError('write_failed', 'planted'), { lands: true })
    const batch = [put('b', '1')]
    disk.write(batch, ignore)
    disk.completeNext()
    expect.equal(seen, ['+a'])
    disk.crash('everything')
    expect.equal(seen, ['+a', '+b'])
    expect.ok(batches[1] === batch)
    disk.failNextWrite(new DiskError('write_failed', 'planted'))
    disk.write([put('c', '1')], ignore)
    disk.completeNext()
    disk.crash('nothing')
    expect.is(keys(disk), 'ab', 'without landing it is gone, whatever the crash spares')
  })

  test('a failure that was planned for a process does not meet the next', () => {
    const disk = new VirtualDisk()
    disk.failNextWrite(new DiskError('write_failed', 'planted'))
    disk.crash()
    fill(disk, [put('a', '1')])
  })

  test('a failed clear that landed is told as cleared', () => {
    const { disk, seen } = watched()
    fill(disk, [put('a', '1')])
    disk.failNextWrite(new DiskError('write_failed', 'planted'), { lands: true })
    disk.clear(ALL, ignore)
    disk.completeNext()
    disk.crash()
    expect.equal(seen, ['+a', '-a'])
    expect.is(disk.size, 0)
  })
})

suite('a virtual disk at work', ({ test }) => {
  test('writes beside the range of a clear and its chunks take turns', () => {
    const { disk, seen } = watched({ clearKeysMax: 1 })
    fill(disk, [put('a', '1'), put('b', '1'), put('c', '1')])
    disk.clear(range('a', 'd'), ignore)
    for (const key of ['x', 'y', 'z']) disk.write([put(key, '1')], ignore)
    while (disk.completeNext());
    expect.equal(seen, ['+abc', '-a', '+x', '-b', '+y', '-c', '+z'])
  })

  test('a snapshot outlives another that is closed, even twice', () => {
    const disk = new VirtualDisk()
    fill(disk, [put('a', '1')])
    const [closed, open] = [disk.snapshot(), disk.snapshot()]
    closed.close()
    closed.close()
    fill(disk, [put('a', '2')])
    expect.is(text(open.get(Buffer.from('a'))), '1')
    open.close()
    fill(disk, [put('a', '3')])
    expect.is(value(disk, 'a'), '3')
  })

  test('the hooks hear of a batch when it is durable, before its owner does', () => {
    const { disk, batches } = watched()
    const batch = [put('a', '1')]
    let durableWhenTold = 0
    disk.write(batch, () => { durableWhenTold = batches.length })
    expect.is(batches.length, 0)
    disk.flushNext()
    expect.ok(batches.length === 1 && batches[0] === batch)
    disk.completeNext()
    expect.is(durableWhenTold, 1)
  })
})

suite('a virtual disk that lies about flushes', ({ test }) => {
  test('what was lied about is visible, told and reported, and lost with the next crash that loses anything', () => {
    for (const loses of ['everything', 'tail', 'subset'] as const) {
      const { disk, seen } = watched()
      fill(disk, [put('a', '1')])
      disk.lie(true)
      fill(disk, [put('a', '2'), put('b', '2')])
      expect.is(value(disk, 'a'), '2')
      expect.equal(seen, ['+a', '+ab'])
      disk.write([put('c', '3')], ignore)
      expect.is(disk.crash('nothing').keptCount, 1)
      expect.is(keys(disk), 'abc', 'the process died and the machine did not')
      disk.write([put('d', '4')], ignore)
      expect.is(disk.crash(loses, new Prng(3)).keptCount, 0, 'nothing survives what comes before it')
      expect.is(keys(disk), 'a')
      expect.is(value(disk, 'a'), '1')
      fill(disk, [put('e', '5')])
      disk.crash(loses, new Prng(3))
      expect.is(keys(disk), 'a', 'it goes on lying')
    }
  })

  test('what is written after the lies is durable, without what was lied about', () => {
    const disk = new VirtualDisk()
    fill(disk, [put('a', '1')])
    disk.lie(true)
    fill(disk, [put('b', '2')])
    disk.lie(false)
    fill(disk, [put('c', '3')])
    expect.is(keys(disk), 'abc')
    disk.crash()
    expect.is(keys(disk), 'ac')
    fill(disk, [put('d', '4')])
    disk.crash()
    expect.is(keys(disk), 'acd', 'it is honest again')
  })

  test('lying twice begins where the first lie did', () => {
    const disk = new VirtualDisk()
    disk.lie(true)
    fill(disk, [put('a', '1')])
    disk.lie(false)
    disk.lie(true)
    fill(disk, [put('b', '1')])
    disk.crash()
    expect.is(keys(disk), '')
  })

  test('no batch of a lying disk is torn', () => {
    const disk = new VirtualDisk()
    disk.lie(true)
    disk.write([put('a', '1'), put('b', '1')], ignore)
    expect.is(disk.crash('everything', new Prng(1), { tears: true }).torn, undefined)
    expect.is(disk.size, 0)
  })
})

suite('a slow, stalled or full virtual disk', ({ test }) => {
  test('a stalled disk flushes nothing until it is released, and tells what it flushed before', () => {
    const steps: Array<{ readonly step: () => void, readonly kind: string }> = []
    const run = (): void => { for (const { step } of steps.splice(0)) step() }
    const disk = new VirtualDisk({ defer: (step, kind) => { steps.push({ step, kind }) } })
    const told: string[] = []
    disk.write([put('a', '1')], () => { told.push('a') })
    run()
    disk.write([put('b', '1')], () => { told.push('b') })
    disk.stall(true)
    run()
    expect.equal(told, ['a'])
    for (let count = 0; count < 5; count++) run()
    expect.is(keys(disk), 'a')
    expect.is(disk.flushNext(), false)
    expect.is(disk.completeNext(), false)
    disk.write([put('c', '1')], () => { told.push('c') })
    expect.is(steps.length, 0)
    disk.stall(false)
    expect.equal(steps.map(({ kind }) => kind), ['flush'])
    while (steps.length > 0) run()
    expect.equal(told, ['a', 'b', 'c'])
  })

  test('a flush under way when the disk stalls does not land, and a crash still leaves what it says', () => {
    const steps: Array<() => void> = []
    const disk = new VirtualDisk({ defer: (step) => { steps.push(step) } })
    disk.write([put('a', '1')], ignore)
    disk.stall(true)
    steps[0]?.()
    expect.is(disk.size, 0)
    disk.crash('nothing')
    expect.is(keys(disk), 'a')
    disk.write([put('b', '1')], ignore)
    expect.is(steps.length, 1, 'it is still stalled')
  })

  test('the world hears how many times slower a flush is, and a notification never is', () => {
    const asked: string[] = []
    const steps: Array<() => void> = []
    const disk = new VirtualDisk({ defer: (step, kind, factor) => { asked.push(`${kind} ${factor}`); steps.push(step) } })
    disk.write([put('a', '1')], ignore)
    disk.flushFactor = 100
    disk.write([put('b', '1')], ignore)
    for (let index = 0; index < steps.length; index++) steps[index]?.()
    expect.equal(asked, ['flush 1', 'notify 1', 'flush 100', 'notify 1'])
  })

  test('a full disk has no space and fails every write, also those of the next process, until there is room', () => {
    const disk = new VirtualDisk()
    fill(disk, [put('a', '1')])
    disk.isFull = true
    expect.is(disk.freeBytes(), 0)
    for (let process = 0; process < 2; process++) {
      const told: Array<string | undefined> = []
      disk.write([put('b', '1')], (error) => { told.push(error?.code) })
      disk.clear(ALL, (error) => { told.push(error?.code) })
      while (disk.completeNext());
      expect.equal(told, ['full', 'full'])
      disk.crash()
    }
    disk.isFull = false
    expect.ok(disk.freeBytes() > 0)
    fill(disk, [put('b', '1')])
    expect.is(keys(disk), 'ab')
  })
})

const p = toPartitionId(3)
const LOG = [1, 2, 300].map((index) => logKey(p, toLogIndex(index)))
const DATA = ['x', 'y'].map((key) => dataKey(toBucket(7), Buffer.from(key)))
const META = [nodeKey(), batchKey(), hardStateKey(p), sessionKey(p, toPeerId('12D3KooW'.padEnd(52, 'z')))]

function populated (): VirtualDisk {
  const disk = new VirtualDisk()
  fill(disk, [...LOG, ...DATA, ...META].map((key) => ({ kind: 'put', key, value: sealRecord(key, Buffer.from(`of ${key.toString('hex')}`)) })))
  return disk
}

/** Hex keys of the records that two disks hold differently. */
function differences (a: VirtualDisk, b: VirtualDisk): string[] {
  const show = (disk: VirtualDisk): Map<string, string> =>
    new Map(disk.contents(ALL).map(({ key, value }) => [Buffer.from(key).toString('hex'), Buffer.from(value).toString('hex')]))
  const [left, right] = [show(a), show(b)]
  return [...new Set([...left.keys(), ...right.keys()])].filter((key) => left.get(key) !== right.get(key)).sort()
}

suite('a damaged virtual disk', ({ test }) => {
  for (const [recordClass, of, name] of [['log', LOG, /^log \(partition 3, firstIndex \d+\)$/], ['data', DATA, /^data \(bucket 7, key "[xy]"\)$/], ['meta', META, /^(node|batch|hard-state \(partition 3\)|session \(partition 3, peer \w+\))$/]] as const) {
    test(`bit rot in a ${recordClass} record flips one bit there, in each of them sooner or later, and says where`, () => {
      const hit = new Set<string>()
      for (let seed = 0; seed < 60; seed++) {
        const disk = populated()
        expect.match(disk.rot(recordClass, new Prng(`rot ${seed}`)) ?? '', name, `seed ${seed}`)
        const [key, ...others] = differences(disk, populated())
        expect.equal(others, [], `seed ${seed}`)
        expect.ok(key !== undefined)
        hit.add(key)
        const [mine, sound] = [disk, populated()].map((each) => each.get(Buffer.from(key, 'hex')) ?? Buffer.alloc(0)) as [Uint8Array, Uint8Array]
        const flipped = mine.reduce((sum, byte, at) => sum + (byte ^ (sound[at] ?? 0)).toString(2).replaceAll('0', '').length, 0)
        expect.is(flipped, 1, `seed ${seed}`)
      }
      expect.equal([...hit].sort(), of.map((key) => key.toString('hex')).sort())
    })
  }

  test('there is nothing to damage where there is no such record', () => {
    const disk = new VirtualDisk()
    fill(disk, [{ kind: 'put', key: batchKey(), value: Buffer.from('1') }, { kind: 'put', key: nodeKey(), value: Buffer.alloc(0) }])
    const random = new Prng(1)
    expect.is(disk.rot('log', random), undefined)
    expect.is(disk.rot('data', random), undefined)
    expect.is(disk.misdirect('meta', random), undefined, 'the other one holds nothing')
    expect.is(disk.shorten('log', random), undefined)
    expect.is(disk.rot('meta', random), 'batch')
  })

  test('damage is durable, also on a disk that lies, where the damaged value is', () => {
    const disk = new VirtualDisk()
    fill(disk, [put('a', 'old')])
    disk.lie(true)
    disk.corrupt(Buffer.from('a'))
    disk.crash()
    expect.is(value(disk, 'a'), 'nld')
    fill(disk, [put('a', 'new')])
    disk.corrupt(Buffer.from('a'))
    disk.crash()
    expect.is(value(disk, 'a'), 'nld', 'the damaged value was never durable')
  })

  test('damage does not reach images and snapshots taken before', () => {
    const disk = populated()
    const image = disk.image()
    const snapshot = disk.snapshot()
    disk.rot('log', new Prng(1))
    disk.misdirect('data', new Prng(1))
    for (const key of [...LOG, ...DATA]) {
      expect.is(Buffer.compare(snapshot.get(key) ?? Buffer.alloc(0), populated().get(key) ?? Buffer.alloc(1)), 0)
    }
    disk.restore(image)
    expect.equal(differences(disk, populated()), [])
  })

  test('a misdirected record lies under the key of another of its class and nowhere else', () => {
    for (let seed = 0; seed < 30; seed++) {
      const disk = populated()
      const told = disk.misdirect('log', new Prng(`misdirect ${seed}`))
      const sound = populated()
      const gone = LOG.filter((key) => disk.get(key) === undefined)
      const changed = differences(disk, sound).filter((key) => key !== gone[0]?.toString('hex'))
      expect.is(gone.length, 1, `seed ${seed}`)
      expect.is(changed.length, 1, `seed ${seed}`)
      const [from, to] = [gone[0] as Buffer, Buffer.from(changed[0] as string, 'hex')]
      expect.is(Buffer.compare(disk.get(to) ?? Buffer.alloc(0), sound.get(from) ?? Buffer.alloc(1)), 0, `seed ${seed}`)
      expect.equal(told, { missing: `log (partition 3, firstIndex ${from.readUInt32BE(7)})`, overwritten: `log (partition 3, firstIndex ${to.readUInt32BE(7)})` })
    }
  })

  test('a short read truncates one value in every way to read it, and nothing on the disk', async () => {
    const disk = populated()
    const before = disk.digest()
    const snapshot = disk.snapshot()
    expect.match(disk.shorten('data', new Prng('short')) ?? '', /^data/)
    const short = DATA.filter((key) => disk.get(key)?.length !== populated().get(key)?.length)
    expect.is(short.length, 1)
    const key = short[0] as Buffer
    const length = disk.get(key)?.length
    expect.ok(length !== undefined && length < (populated().get(key)?.length ?? 0))
    expect.is(snapshot.get(key)?.length, length)
    const read = [...disk.entries(ALL), ...await collect(snapshot, ALL, 10)].filter((entry) => Buffer.compare(entry.key, key) === 0)
    expect.equal(read.map((entry) => entry.value.length), [length, length])
    expect.is(disk.digest(), before)
    disk.endShortReads()
    expect.equal(differences(disk, populated()), [])
    expect.is(disk.get(key)?.length, populated().get(key)?.length)
  })

  test('what cannot be read is still there for those who look from outside', () => {
    const disk = populated()
    disk.failReads(new DiskError('read_failed', 'planted'))
    expect.is(thrown(() => disk.entries(ALL)).message, 'planted')
    expect.is(disk.contents(ALL).length, LOG.length + DATA.length + META.length)
    expect.is(disk.digest(), populated().digest())
  })

  test('a lost directory fails every use with "lost" until the disk is wiped or restored', () => {
    const disk = populated()
    const image = disk.image()
    for (const repair of [() => { disk.wipe() }, () => { disk.restore(image) }]) {
      disk.loseDirectory()
      disk.crash()
      expect.is(disk.size, 0)
      expect.is(thrown(() => disk.entries(ALL)).code, 'lost')
      expect.is(thrown(() => disk.get(nodeKey())).code, 'lost')
      expect.is(thrown(() => disk.snapshot().get(nodeKey())).code, 'lost')
      let told: DiskError | undefined
      disk.write([put('a', '1')], (error) => { told = error })
      disk.completeNext()
      expect.is(told?.code, 'lost')
      disk.restore(image)
      disk.loseDirectory()
      repair()
      disk.entries(ALL)
      disk.restore(image)
    }
  })

  test('a directory that never held anything is not lost', () => {
    const disk = new VirtualDisk()
    disk.loseDirectory()
    expect.equal(disk.entries(ALL), [])
    fill(disk, [put('a', '1')])
  })

  test('two disks may swap their images and go on apart', () => {
    const [left, right] = [new VirtualDisk(), new VirtualDisk()]
    fill(left, [put('l', '1')])
    fill(right, [put('r', '1')])
    const [ofLeft, ofRight] = [left.image(), right.image()]
    left.restore(ofRight)
    right.restore(ofLeft)
    fill(left, [put('x', '1')])
    fill(right, [put('y', '1')])
    expect.is(keys(left), 'rx')
    expect.is(keys(right), 'ly')
    left.restore(ofRight)
    expect.is(keys(left), 'r')
  })
})

suite('the digest of a virtual disk', ({ test }) => {
  test('depends on the bytes of the range, and on nothing else', () => {
    const [one, other] = [new VirtualDisk(), new VirtualDisk()]
    fill(one, [put('a', '1'), put('b', '2')], [put('z', 'beside')])
    fill(other, [put('b', 'old'), put('c', '3')], [put('a', '1')], [put('b', '2'), remove('c')])
    expect.is(one.digest(range('a', 'm')), other.digest(range('a', 'm')))
    expect.is.not(one.digest(), other.digest())
    expect.match(one.digest(), /^[0-9a-f]{16}$/)
  })

  test('tells apart one bit, a moved boundary, a swap and a missing record', () => {
    const digest = (...operations: DiskOperation[]): string => {
      const disk = new VirtualDisk()
      fill(disk, operations)
      return disk.digest()
    }
    const digests = [
      digest(), digest(put('a', '')), digest(put('', 'a')), digest(put('a', 'bc')), digest(put('ab', 'c')), digest(put('a', 'bb')), digest(put('a', '1'), put('b', '2')),
      digest(put('a', '2'), put('b', '1')), digest(put('a', '1')), digest(put('b', '1')), digest(put('a', Buffer.alloc(8))), digest(put('a', Buffer.alloc(12)))
    ]
    expect.is(new Set(digests).size, digests.length, digests.join(' '))
    const seen = new Set<string>()
    for (let bit = 0; bit < 800; bit++) {
      const value = Buffer.alloc(100)
      value[bit >>> 3] = 1 << (bit & 7)
      seen.add(digest(put('k', value)))
    }
    expect.is(seen.size, 800)
  })
})
