import { writeSync } from 'node:fs'
import type { Disk, DiskOperation } from '../../src/node/ports.js'
import { DiskError } from '../../src/node/ports.js'
import { openLevelDisk } from '../../src/storage/index.js'

/** A process of its own for level-disk.test.ts: `child.js open|write DIRECTORY`. It says what it did, one line each. */

/** Keys of each of its batches: a batch is whole where all of them carry its number. */
export const KEYS_PER_BATCH = 8

const say = (line: string): void => { writeSync(1, `${line}\n`) }

function batch (number: number): DiskOperation[] {
  const value = Buffer.alloc(2000, String(number))
  return Array.from({ length: KEYS_PER_BATCH }, (_, index) => ({ kind: 'put', key: Buffer.from(`${number}/${index}`), value }))
}

/** Two batches in flight at any time, without end; after a failure it says so twice and stops. */
function writeOn (disk: Disk): void {
  let failures = 0
  const next = (number: number): void => {
    disk.write(batch(number), (error) => {
      if (error === undefined) say(`durable ${number}`)
      else say(`failed ${error.code} ${error.message}`)
      if (error !== undefined && ++failures >= 4) process.exit(0)
      next(number + 2)
    })
  }
  next(1)
  next(2)
}

async function main (): Promise<void> {
  const [, , mode, directory = ''] = process.argv
  try {
    const disk = await openLevelDisk(directory)
    say('open')
    if (mode === 'write') writeOn(disk)
    else await disk.close()
  } catch (error) {
    say(error instanceof DiskError ? `refused ${error.code} ${error.message}` : `threw ${String(error)}`)
  }
}

if (process.argv[1]?.endsWith('child.js') === true) await main()
