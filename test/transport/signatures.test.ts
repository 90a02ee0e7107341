import { generateKeyPair, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { toPeerId } from '../../src/base/index.js'
import { createIdentity, createSignatures } from '../../src/transport/index.js'
import { expect, suite } from '../harness.js'

const statement = new Uint8Array(Buffer.from('what a member says of itself'))

suite('signatures', ({ test }) => {
  test('of a node are its own: others verify them by its peer id alone, and by nobody else\'s', async () => {
    const [a, b] = [await createIdentity(), await createIdentity()]
    const [ofA, ofB] = [createSignatures(a.privateKey), createSignatures(b.privateKey)]
    const signature = ofA.sign(statement)
    expect.is(signature.length, 64)
    expect.equal(ofA.sign(statement), signature, 'the same each time')
    for (const signatures of [ofA, ofB]) {
      for (let i = 0; i < 2; i++) {
        expect.ok(signatures.verify(a.peer, statement, signature))
        expect.not(signatures.verify(b.peer, statement, signature))
      }
    }
    expect.not(ofB.verify(a.peer, new Uint8Array(statement).fill(0, 3, 4), signature))
    for (const place of [0, 31, 32, 63]) {
      const damaged = new Uint8Array(signature)
      damaged[place] = (damaged[place] as number) ^ 1
      expect.not(ofB.verify(a.peer, statement, damaged), `byte ${place}`)
    }
  })

  test('are those of libp2p', async () => {
    const { privateKey, peer } = await createIdentity()
    const signatures = createSignatures(privateKey)
    expect.ok(await publicKeyFromRaw(privateKey.publicKey.raw).verify(statement, signatures.sign(statement)))
    expect.ok(signatures.verify(peer, statement, await privateKey.sign(statement)))
  })

  test('of what is no Ed25519 identity, or no signature, are refused and throw nothing', async () => {
    const { privateKey, peer } = await createIdentity()
    const signatures = createSignatures(privateKey)
    const signature = signatures.sign(statement)
    const secp256k1 = toPeerId(peerIdFromPrivateKey(await generateKeyPair('secp256k1')).toString())
    for (const other of [secp256k1, toPeerId('12D3KooWMemberaaaaab'), toPeerId('QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N')]) {
      for (let i = 0; i < 2; i++) expect.not(signatures.verify(other, statement, signature), other)
    }
    for (const wrong of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(65), signature.subarray(0, 63)]) expect.not(signatures.verify(peer, statement, wrong))
  })

  test('of more peers than keys are kept for are verified all the same', async () => {
    const { privateKey, peer } = await createIdentity()
    const signatures = createSignatures(privateKey)
    const signature = signatures.sign(statement)
    for (let number = 0; number < 1500; number++) signatures.verify(toPeerId(`12D3KooWMember${number.toString(2).replaceAll('0', 'z')}`.padEnd(30, 'x')), statement, signature)
    expect.ok(signatures.verify(peer, statement, signature))
  })
})
