import { existsSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArguments } from '../../sim/mutants/arguments.js'
import { edited, editedFiles } from '../../sim/mutants/edits.js'
import type { Outcome } from '../../sim/mutants/hunt.js'
import { CLASSIC_MUTANT_IDS, MUTANTS } from '../../sim/mutants/list/index.js'
import { editsOf } from '../../sim/mutants/mutant.js'
import type { Mutant } from '../../sim/mutants/mutant.js'
import { plant } from '../../sim/mutants/plant.js'
import { scenarioFile } from '../../sim/mutants/scenario-file.js'
import { readVerdict } from '../../sim/mutants/simulator.js'
import { withRows } from '../../sim/mutants/table.js'
import { expect, suite } from '../harness.js'

const AREAS = ['election', 'log', 'commit', 'reads', 'durability', 'storage', 'sessions', 'snapshots', 'membership', 'routing', 'map', 'determinism']

suite('the list of mutants', ({ test }) => {
  test('has at least 48, in every area, each under a name of its own', () => {
    expect.ok(MUTANTS.length >= 48, `only ${MUTANTS.length}`)
    expect.equal([...new Set(MUTANTS.map(({ area }) => area))].sort(), [...AREAS].sort())
    expect.is(new Set(MUTANTS.map(({ id }) => id)).size, MUTANTS.length)
    for (const { id, about, breaks, seedsMax } of MUTANTS) {
      expect.ok(/^[a-z0-9]+(-[a-z0-9]+)+$/.test(id), id)
      expect.ok(/^[A-Z].*\.$/.test(about) && breaks.length > 0 && seedsMax >= 1, id)
    }
  })

  test('has the 18 classic ones', () => {
    expect.is(new Set(CLASSIC_MUTANT_IDS).size, 18)
    const missing = CLASSIC_MUTANT_IDS.filter((name) => !MUTANTS.some(({ id }) => id === name))
    expect.equal(missing, [])
  })

  test('fits the sources: every text to replace is there once, and replaced by another', () => {
    for (const mutant of MUTANTS) {
      const files = editedFiles('.', editsOf(mutant)) // throws with the file and the text where one does not fit
      for (const [file, text] of files) expect.is.not(text, readFileSync(file, 'utf8'), mutant.id)
      for (const { file, find, replace } of editsOf(mutant)) {
        expect.ok(file.startsWith('src/') && file.endsWith('.ts'), mutant.id)
        expect.is.not(find, replace, mutant.id)
      }
    }
  })

  test('has no mutant twice', () => {
    const texts = MUTANTS.map((mutant) => JSON.stringify(editsOf(mutant)))
    expect.is(new Set(texts).size, texts.length)
  })

  test('names only scenarios that there are', () => {
    for (const { id, scenario } of MUTANTS) {
      expect.ok(scenario === undefined || existsSync(scenarioFile('.', scenario)), `${id}: there is no scenario ${scenario}`)
    }
  })
})

suite('an edit', ({ test }) => {
  const edit = { file: 'src/a.ts', find: 'x > 1', replace: 'x >= $&1' }

  test('replaces the text as it is, whatever characters it has', () => {
    expect.is(edited('if (x > 1) {}', edit), 'if (x >= $&1) {}')
  })

  test('is refused where the text is missing or there twice', () => {
    expect.throws(() => edited('if (x > 2) {}', edit), /0 times, not once/)
    expect.throws(() => edited('x > 1 || x > 1', edit), /2 times, not once/)
  })
})

suite('planting', ({ test, after }) => {
  const root = mkdtempSync(join(tmpdir(), 'gokeydb-plant-test-'))
  after(() => { rmSync(root, { recursive: true, force: true }) })
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const compiled = join(root, 'out')
  const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('gokeydb-mutant-') && existsSync(join(tmpdir(), name, 'dist/src/base/limit.js')))

  test('compiles the edited file alone, and leaves the compiled program as it was', async () => {
    write('package.json', '{"type":"module"}')
    write('src/base/limit.ts', "import type { X } from './nowhere.js'\nexport const limit = (x: X | number): boolean => x as number > 1\n")
    write('out/src/base/limit.js', 'export const limit = (x) => x > 1\n')
    write('out/src/base/other.js', 'export const other = 1\n')
    write('out/src/base/other.d.ts', 'export declare const other = 1\n')
    write('out/protocols/index.js', 'export {}\n')
    write('out/sim/main.js', 'console.log(1)\n')
    symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules')) // for the compiler of this checkout
    const planted = await plant({ root, compiled }, [{ file: 'src/base/limit.ts', find: '> 1', replace: '>= 1' }])
    try {
      const text = readFileSync(join(planted.root, 'dist/src/base/limit.js'), 'utf8')
      expect.match(text, 'x >= 1')
      expect.not.match(text, 'boolean')
      expect.ok(existsSync(join(planted.root, 'dist/src/base/other.js')))
      expect.not.ok(existsSync(join(planted.root, 'dist/src/base/other.d.ts')))
      expect.ok(existsSync(planted.simulator))
      expect.match(readFileSync(join(compiled, 'src/base/limit.js'), 'utf8'), 'x > 1')
    } finally {
      planted.remove()
    }
    expect.not.ok(existsSync(planted.root))
  })

  test('leaves nothing behind where the source does not compile', async () => {
    const before = leftovers().length
    let failure = ''
    try {
      await plant({ root, compiled }, [{ file: 'src/base/limit.ts', find: '> 1', replace: '> (' }])
    } catch (error) {
      failure = String(error)
    }
    expect.match(failure, 'src/base/limit.ts could not be compiled')
    expect.is(leftovers().length, before)
  })
})

suite('what a simulator said', ({ test }) => {
  test('is a pass only with exit code 0 and a trace hash', () => {
    expect.equal(readVerdict('20 seeds, 0 failed\ntrace hash 0123456789abcdef\n', 0), { kind: 'passed', traceHash: '0123456789abcdef' })
    expect.is(readVerdict('20 seeds, 0 failed\n', 0).kind, 'unfinished')
  })

  test('is a failure with the first seed and the first invariant', () => {
    const output = 'seed 7 failed: 2 violations\n  violated vote-once: at 3 ms on node1: x: y\n  last linearizability: …\n1 seeds\nfirst failure seed 7 after 3 seeds\ntrace hash 00\n'
    expect.equal(readVerdict(output, 1), { kind: 'failed', seed: 7, after: 3, invariant: 'vote-once', text: 'at 3 ms on node1: x: y' })
  })

  test('proves nothing where the process crashed', () => {
    for (const verdict of [readVerdict('Error: out of memory', 134), readVerdict('SyntaxError', 1), readVerdict('', null)]) expect.is(verdict.kind, 'unfinished')
  })
})

suite('the table', ({ test }) => {
  const mutant = (id: string): Mutant => ({ ...MUTANTS[0] as Mutant, id, area: 'log' })
  const killed = (id: string, by: string): Outcome => ({ mutant: mutant(id), result: { kind: 'killed', by, invariant: 'log-matching', text: '' }, seconds: 1.6 })
  const document = 'before\n<!-- mutants: written by npm run sim:mutants -->\n<!-- /mutants -->\nafter\n'

  test('replaces the rows of what was tried and keeps the others, in the order of the list', () => {
    const first = withRows(document, [killed('b-b', '3'), killed('a-a', '1')], ['a-a', 'b-b'], '| *unmodified* | | 0 alarms in 9 | | 5 |') ?? ''
    const second = withRows(first, [{ mutant: mutant('b-b'), result: { kind: 'survived', seeds: 40 }, seconds: 70 }], ['a-a', 'b-b'], undefined) ?? ''
    const rows = second.split('\n').filter((line) => line.startsWith('|')).slice(2)
    expect.equal(rows, ['| `a-a` | log | 1 | log-matching | 2 |', '| `b-b` | log | **survives 40** |  | 70 |', '| *unmodified* | | 0 alarms in 9 | | 5 |'])
    expect.ok(second.startsWith('before\n') && second.endsWith('after\n'))
    expect.is(withRows(second, [], ['a-a', 'b-b'], undefined), second)
  })

  test('forgets mutants that are not in the list any more', () => {
    const first = withRows(document, [killed('a-a', '1')], ['a-a'], undefined) ?? ''
    expect.not.match(withRows(first, [], ['b-b'], undefined) ?? '', 'a-a')
  })

  test('is not written into a document without its markers', () => {
    expect.is(withRows('# title\n', [], [], undefined), undefined)
  })
})

suite('the arguments of the mutation table', ({ test }) => {
  test('have defaults', () => {
    expect.equal(parseArguments([]), { only: undefined, seedsMax: Infinity, control: 100, jobs: 1, check: false, isDry: false })
  })

  test('choose mutants, and then leave the control out', () => {
    expect.equal(parseArguments(['--only', 'a,b', '--seeds=30', '--jobs', '2', '--dry']), { only: ['a', 'b'], seedsMax: 30, control: 0, jobs: 2, check: false, isDry: true })
  })

  test('are refused where they mean nothing', () => {
    for (const args of [['--seeds', '0'], ['--jobs', '3'], ['--only'], ['--fast', '1'], ['--seeds', 'many']]) expect.ok('problem' in parseArguments(args), args.join(' '))
  })
})
