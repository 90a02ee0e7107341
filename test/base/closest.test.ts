import { closest, didYouMean } from '../../src/base/index.js'
import { expect, suite } from '../harness.js'

const WORDS = ['port', 'p2p_port', 'bind_ip', 'hosts', 'listen', 'secret-file']

suite('did you mean', ({ test }) => {
  for (const [word, meant] of [
    ['prot', 'port'], ['ports', 'port'], ['bindip', 'bind_ip'], ['BIND-IP', 'bind_ip'], ['host', 'hosts'], ['secret_file', 'secret-file'],
    ['p2pport', 'p2p_port'], ['lisetn', 'listen'], ['firewall', undefined], ['', undefined], ['x', undefined], ['x'.repeat(10_000), undefined]
  ] as const) {
    test(`${word.slice(0, 20) || 'nothing'} is taken for ${meant ?? 'nothing'}`, () => {
      expect.is(closest(word, WORDS), meant)
    })
  }

  test('ends a message, or adds nothing', () => {
    expect.is(didYouMean('prot', WORDS, '--'), '; did you mean "--port"?')
    expect.is(didYouMean('firewall', WORDS), '')
  })
})
