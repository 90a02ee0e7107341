import { writeSync } from 'node:fs'
import { createLogger, stderrStream } from '../../src/runtime/index.js'

/** A process of its own for logger.test.ts: logs on standard error, `parameters[0]` lines, and ends with SIGKILL where told. */
const [, script, count, end] = process.argv
if (script?.endsWith('child.js') === true) {
  const logger = createLogger({ level: 'info', stream: stderrStream })
  for (let index = 0; index < Number(count); index++) logger.info('line', { index, filler: 'x'.repeat(200) })
  writeSync(1, 'logged\n')
  if (end === 'kill') process.kill(process.pid, 'SIGKILL')
}
