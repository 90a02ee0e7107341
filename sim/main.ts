import { runChaos } from './chaos.js'

/**
 * `npm run sim [-- --seeds N] [--seed TEXT] [--time SECONDS]`: lives of whole clusters under crashes, cuts and lost
 * frames, each determined by its seed. Exit code 1 where a promise was broken; the seed says how to see it again.
 */
const args = process.argv.slice(2)
const option = (name: string): string | undefined => {
  const at = args.indexOf(name)
  return at === -1 ? undefined : args[at + 1]
}
const single = option('--seed')
const count = Number(option('--seeds') ?? '20')
const chaosMs = Number((option('--time') ?? '15').replace(/s$/, '')) * 1000
if (!(count >= 1) || !(chaosMs > 0)) {
  process.stderr.write('usage: npm run sim -- [--seeds COUNT] [--seed TEXT] [--time SECONDS]\n')
  process.exit(2)
}

const seeds = single === undefined ? Array.from({ length: count }, (_, i) => String(i + 1)) : [single]
let broken = 0
let virtualMs = 0
const begunMs = performance.now()
for (const seed of seeds) {
  const report = await runChaos({ seed, chaosMs })
  virtualMs += report.virtualMs
  if (report.violations.length === 0) continue
  broken++
  process.stdout.write(`seed ${seed}: ${report.violations.length} violations\n${report.violations.slice(0, 5).map((violation) => `  ${violation}\n`).join('')}`)
}
const seconds = (performance.now() - begunMs) / 1000
process.stdout.write(`${seeds.length} seeds, ${broken} broken, ${Math.round(virtualMs / 1000)} virtual seconds in ${seconds.toFixed(1)} s\n`)
process.exitCode = broken === 0 ? 0 : 1
