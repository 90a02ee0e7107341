import { Buffer } from 'node:buffer'
import { runCommand } from './cli/index.js'

// The production code allocates many small buffers; a larger pool makes far fewer of them from scratch.
Buffer.poolSize = 1024 * 1024

process.exitCode = await runCommand(process.argv.slice(2))
