import { Buffer } from 'node:buffer'
import { runCommand } from './cli/index.js'
import { runMembershipCommand } from './membership/index.js'

// The production code allocates many small buffers; a larger pool makes far fewer of them from scratch.
Buffer.poolSize = 1024 * 1024

// Whoever reads the output has seen enough (`| head`): nobody is left to go on for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const args = process.argv.slice(2)
process.exitCode = args[0] === 'membership'
  ? runMembershipCommand(args.slice(1), { out: (text) => { process.stdout.write(text) }, log: (text) => { process.stderr.write(text) } })
  : await runCommand(args)
