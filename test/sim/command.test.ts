import { spawn } from 'node:child_process'
import { expect, suite } from '../harness.js'

suite('the command of the simulator', ({ test }) => {
  test('ends quietly when nobody reads its output any more', async () => {
    const program = new URL('../../sim/main.js', import.meta.url).pathname
    const child = spawn(process.execPath, [program, '--seed', '1', '--time', '10s', '--trace', '--no-progress'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => { complaint += chunk.toString() })
    child.stdout.once('data', () => { child.stdout.destroy() })
    const code = await new Promise((resolve) => { child.on('close', resolve) })
    expect.equal([code, complaint], [0, ''])
  }, { limitMs: 60_000 })
})
