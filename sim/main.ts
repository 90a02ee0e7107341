import { Buffer } from 'node:buffer'
import { runCommand } from './cli/index.js'

// The production code allocates many small buffers; a larger pool makes far fewer of them from scratch.
Buffer.poolSize = 1024 * 1024

// Whoever reads the output has seen enough (`| head`): nobody is left to go on for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await runCommand(process.argv.slice(2))
