import { runChaos } from './chaos.js'
const from = Number(process.argv[2] ?? 1); const to = Number(process.argv[3] ?? from); const ms = Number(process.argv[4] ?? 20000)
const verbose = process.argv[5] === 'v'
for (let seed = from; seed <= to; seed++) {
  const begun = performance.now()
  const log = (node: string) => { const say = (level: string) => (m: string, f?: unknown) => { if (verbose) console.log(level, node, m, JSON.stringify(f)) }; return { debug: say('D'), info: say('I'), warn: say('W'), error: say('E') } }
  const report = await runChaos({ seed: String(seed), chaosMs: ms, log })
  console.log(seed, report.violations.length === 0 ? 'ok' : 'VIOLATION', report.operations, report.acknowledged, `${Math.round(performance.now() - begun)}ms`, `virtual ${report.virtualMs}`)
  for (const v of report.violations.slice(0, 3)) console.log('   ', v.slice(0, 1500))
}
