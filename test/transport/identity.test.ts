import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadOrCreateIdentity, TransportError } from '../../src/transport/index.js'
import { silentLogger } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'

suite('transport identity', ({ test, before, after, beforeEach }) => {
  let root = ''
  let file = ''
  let count = 0

  before(async () => { root = await mkdtemp(join(tmpdir(), 'gokeydb-identity-')) })
  after(async () => { await rm(root, { recursive: true }) })
  beforeEach(() => { file = join(root, String(++count), 'identity') })

  test('a missing file becomes a new identity, 68 bytes for the owner only, and stays it', async () => {
    const created = await loadOrCreateIdentity(file)
    expect.is(created.created, true)
    expect.match(created.peer, /^12D3KooW/)
    const { mode, size } = await stat(file)
    expect.is(mode & 0o777, 0o600)
    expect.is(size, 68)
    expect.equal(await readdir(join(file, '..')), ['identity'])
    const loaded = await loadOrCreateIdentity(file)
    expect.is(loaded.created, false)
    expect.is(loaded.peer, created.peer)
    expect.ok(loaded.privateKey.equals(created.privateKey))
  })

  test('two new identities differ', async () => {
    const first = await loadOrCreateIdentity(file)
    const second = await loadOrCreateIdentity(`${file}-2`)
    expect.is.not(first.peer, second.peer)
  })

  test('a left-over temporary file, readable by all, is no danger', async () => {
    await loadOrCreateIdentity(file)
    await rm(file)
    await writeFile(`${file}.tmp`, 'half a key', { mode: 0o644 })
    expect.is((await loadOrCreateIdentity(file)).created, true)
    expect.is((await stat(file)).mode & 0o777, 0o600)
  })

  test('permissions that let others read are tightened with a warning', async () => {
    const { peer } = await loadOrCreateIdentity(file)
    await chmod(file, 0o644)
    const warnings: string[] = []
    const again = await loadOrCreateIdentity(file, { ...silentLogger, warn: (message) => { warnings.push(message) } })
    expect.is(again.peer, peer)
    expect.is((await stat(file)).mode & 0o777, 0o600)
    expect.is(warnings.length, 1)
  })

  test('broken content is an error that names the file and the remedy, and is never replaced', async () => {
    await loadOrCreateIdentity(file)
    const good = await readFile(file)
    const flipped = Buffer.from(good)
    flipped[10] = (flipped[10] ?? 0) ^ 1
    const broken = [Buffer.alloc(0), good.subarray(0, 67), Buffer.concat([good, Buffer.of(0)]), Buffer.alloc(68), flipped]
    for (const content of broken) {
      await writeFile(file, content)
      let failure: unknown
      try {
        await loadOrCreateIdentity(file)
      } catch (error) {
        failure = error
      }
      expect.ok(failure instanceof TransportError, `${content.length} bytes were accepted`)
      expect.is(failure.code, 'identity_broken')
      expect.ok(failure.message.startsWith(`${file}: `))
      expect.match(failure.message, /restore the file from a backup/)
      expect.ok((await readFile(file)).equals(content))
    }
  })

  test('a path that cannot be is an error that names the file', async () => {
    await loadOrCreateIdentity(file)
    let message = ''
    try {
      await loadOrCreateIdentity(join(file, 'identity'))
    } catch (error) {
      message = error instanceof TransportError ? error.message : ''
    }
    expect.ok(message.startsWith(`${join(file, 'identity')}: this node's identity cannot be read`), message)
  })
})
