import { expect, suite } from '../harness.js'
import { checkImports, formatViolations } from './imports.js'
import type { Violation } from './imports.js'
import { readSources } from './sources.js'
import { specifiersOf } from './specifiers.js'
import { tokenize } from './tokens.js'

/** A small tree in which nothing is wrong. */
const CLEAN: Readonly<Record<string, string>> = {
  'src/base/index.ts': "export * from './ids.js'",
  'src/base/ids.ts': 'export const x = 1',
  'protocols/index.ts': "export * from './kv/index.js'",
  'protocols/kv/index.ts': "export * from './messages.js'",
  'protocols/kv/messages.ts': "import type { X } from '../../src/base/index.js'",
  'protocols/kv/codec.ts': 'export const code = 1',
  'src/kv/index.ts': "import { x } from '../base/index.js'\nexport { y } from './state.js'",
  'src/kv/state.ts': "import type { M } from '../../protocols/kv/index.js'\nexport interface Y { process: string, date: Date2 }\nexport const z = y.process + y . Date",
  'src/placement/index.ts': 'export const place = 1',
  'src/node/index.ts': "export { place } from '../placement/index.js'\nexport * from './ports.js'",
  'src/node/ports.ts': 'export interface Disk {}',
  'src/node/snapshot-sender.ts': 'export async function * send () { await 1 }',
  'src/storage/index.ts': "import type { Disk } from '../node/ports.js'\nimport { Level } from 'level'\nimport { readFile } from 'node:fs/promises'",
  'src/transport/index.ts': "import '../runtime/polyfill.js'\nimport { createLibp2p } from 'libp2p'\nimport type { C } from '@libp2p/interface/x'",
  'src/runtime/index.ts': "export const now = () => Date.now() + Math.random()",
  'src/runtime/polyfill.ts': 'export {}',
  'src/http/index.ts': "import { place } from '../node/index.js'",
  'src/config/index.ts': "import { parse } from 'yaml'",
  'src/cli/index.ts': "import { parse } from '../config/index.js'",
  'src/main.ts': "import './runtime/polyfill.js'\nimport { open } from './storage/index.js'\nimport { run } from './start-node.js'",
  'src/start-node.ts': "import { listen } from './http/index.js'",
  'sim/world.ts': "import { place } from '../src/node/index.js'",
  'test/harness.ts': "import { suite } from 'uvu'",
  'test/kv/state.test.ts': "import { z } from '../../src/kv/state.js'\nimport fc from 'fast-check'"
}

/** Each adds one file or line that breaks one rule. */
const PLANTED: ReadonlyArray<{ name: string, path: string, source: string, rule: Violation['rule'], line?: number }> = [
  { name: 'base importing a core', path: 'src/base/ids.ts', source: "import { y } from '../kv/index.js'", rule: 'layer' },
  { name: 'a protocol importing a core', path: 'protocols/kv/codec.ts', source: "import { y } from '../../src/kv/index.js'", rule: 'layer' },
  { name: 'a core importing its sibling', path: 'src/kv/state.ts', source: "\n\nimport { place } from '../placement/index.js'", rule: 'layer', line: 3 },
  { name: 'a core importing the node', path: 'src/kv/state.ts', source: "import type { Disk } from '../node/ports.js'", rule: 'layer' },
  { name: 'the node importing an adapter', path: 'src/node/index.ts', source: "export { open } from '../storage/index.js'", rule: 'layer' },
  { name: 'the node importing a shell', path: 'src/node/index.ts', source: "import type { C } from '../config/index.js'", rule: 'layer' },
  { name: 'an adapter importing another adapter', path: 'src/storage/index.ts', source: "import { now } from '../runtime/index.js'", rule: 'layer' },
  { name: 'an adapter importing a core', path: 'src/storage/index.ts', source: "import { y } from '../kv/index.js'", rule: 'layer' },
  { name: 'HTTP importing an adapter', path: 'src/http/index.ts', source: "import { open } from '../storage/index.js'", rule: 'layer' },
  { name: 'the command line importing the node', path: 'src/cli/index.ts', source: "import { place } from '../node/index.js'", rule: 'layer' },
  { name: 'a room importing the program', path: 'src/http/index.ts', source: "import { run } from '../start-node.js'", rule: 'layer' },
  { name: 'the simulator importing a real adapter', path: 'sim/world.ts', source: "import { open } from '../src/storage/index.js'", rule: 'layer' },
  { name: 'the simulator importing the program', path: 'sim/world.ts', source: "import { run } from '../src/start-node.js'", rule: 'layer' },
  { name: 'the source importing the simulator', path: 'src/main.ts', source: "import { world } from '../sim/world.js'", rule: 'layer' },
  { name: 'the source importing tests', path: 'src/main.ts', source: "import { suite } from '../test/harness.js'", rule: 'layer' },
  { name: 'a core importing tests by import()', path: 'src/kv/state.ts', source: "export const t = import('../../test/harness.js')", rule: 'layer' },
  { name: 'a type taken by import()', path: 'src/kv/state.ts', source: "export type D = import('../node/ports.js').Disk", rule: 'layer' },
  { name: 'a side-effect import', path: 'src/kv/state.ts', source: "import '../placement/index.js'", rule: 'layer' },
  { name: 'an import over several lines', path: 'src/kv/state.ts', source: "import {\n  place,\n  from\n} from '../placement/index.js'", rule: 'layer' },
  { name: 'a door passed by', path: 'src/node/index.ts', source: "import { z } from '../kv/state.js'", rule: 'door' },
  { name: 'a protocol\'s door passed by', path: 'src/kv/state.ts', source: "import { code } from '../../protocols/kv/codec.js'", rule: 'door' },
  { name: 'the node\'s inside taken by an adapter', path: 'src/storage/index.ts', source: "import { send } from '../node/snapshot-sender.js'", rule: 'door' },
  { name: 'a package in a core', path: 'src/kv/state.ts', source: "import { Level } from 'level'", rule: 'package' },
  { name: 'libp2p in the storage', path: 'src/storage/index.ts', source: "import { createLibp2p } from 'libp2p'", rule: 'package' },
  { name: 'a package in the program', path: 'src/main.ts', source: "import { Level } from 'level'", rule: 'package' },
  { name: 'the file system in a core', path: 'src/kv/state.ts', source: "import { readFileSync } from 'node:fs'", rule: 'package' },
  { name: 'timers as a module in a core', path: 'src/kv/state.ts', source: "import { setTimeout as wait } from 'node:timers/promises'", rule: 'package' },
  { name: 'a bare builtin in a core', path: 'src/kv/state.ts', source: "import fs from 'fs'", rule: 'package' },
  { name: 'the clock in a core', path: 'src/kv/state.ts', source: 'export const t = Date.now()', rule: 'purity' },
  { name: 'the clock in a template', path: 'src/kv/state.ts', source: 'export const t = `at ${new Date().getTime()} ms`', rule: 'purity' },
  { name: 'the other clock in base', path: 'src/base/ids.ts', source: 'export const t = performance.now()', rule: 'purity' },
  { name: 'the clock spread out', path: 'src/kv/state.ts', source: 'export const t = [...Date.all]', rule: 'purity' },
  { name: 'chance in a core', path: 'src/kv/state.ts', source: 'export const t = Math . random()', rule: 'purity' },
  { name: 'chance by a computed name', path: 'src/kv/state.ts', source: "export const t = Math['random']()", rule: 'purity' },
  { name: 'chance in a protocol', path: 'protocols/kv/codec.ts', source: 'const id = crypto.randomUUID()', rule: 'purity' },
  { name: 'a timer in the node', path: 'src/node/ports.ts', source: 'setTimeout(() => {}, 1)', rule: 'purity' },
  { name: 'a promise in a core', path: 'src/kv/state.ts', source: 'export function f (): Promise<void>', rule: 'purity' },
  { name: 'waiting in the node', path: 'src/node/ports.ts', source: 'export const f = async () => {}', rule: 'purity' },
  { name: 'the process in a core', path: 'src/kv/state.ts', source: 'export const t = /["\'`]/.test(process.env.X)', rule: 'purity' },
  { name: 'the process behind a division', path: 'src/kv/state.ts', source: "export const t = (1) / process.pid / 2 // '", rule: 'purity' },
  { name: 'the global object in a core', path: 'src/kv/state.ts', source: 'export const t = globalThis.x', rule: 'purity' },
  { name: 'a computed import', path: 'src/http/index.ts', source: "export const t = import('../' + name)", rule: 'computed' },
  { name: 'require with a variable', path: 'src/http/index.ts', source: 'const t = require(name)', rule: 'computed' },
  { name: 'an import of nothing', path: 'src/kv/index.ts', source: "export { y } from './stat.js'", rule: 'missing' },
  { name: 'an import without .js', path: 'src/kv/index.ts', source: "export { y } from './state'", rule: 'extension' },
  { name: 'a room that nobody knows', path: 'src/cache/index.ts', source: 'export {}', rule: 'unknown-room' },
  { name: 'uvu without the harness', path: 'test/kv/state.test.ts', source: "import { test } from 'uvu'", rule: 'harness' },
  { name: 'uvu\'s assertions without the harness', path: 'test/kv/state.test.ts', source: "import * as assert from 'uvu/assert'", rule: 'harness' }
]

suite('the import rules', ({ test }) => {
  test('find nothing in a clean tree', () => {
    const found = checkImports(new Map(Object.entries(CLEAN)))
    expect.is(formatViolations(found), '')
  })

  for (const { name, path, source, rule, line } of PLANTED) {
    test(`find ${name}`, () => {
      const files = new Map(Object.entries({ ...CLEAN, [path]: source }))
      const found = checkImports(files).filter((violation) => violation.path === path)
      expect.ok(found.some((violation) => violation.rule === rule && (line === undefined || violation.line === line)), `found only: ${formatViolations(found)}`)
    })
  }

  test('are not taken in by comments, strings and regular expressions', () => {
    const source = "// import '../placement/index.js'\n/* Date.now()\n*/ const a = 'Date', b = \"import 'level'\", c = `process ${`nested ${1}`} setTimeout`, d = /Date'/g, e = a / b\n"
    const found = checkImports(new Map(Object.entries({ ...CLEAN, 'src/kv/state.ts': source })))
    expect.is(formatViolations(found), '')
  })

  test('hold for this checkout', () => {
    const files = readSources()
    const checked = [...files.keys()].filter((path) => !path.startsWith('test/'))
    expect.ok(checked.length > 30, `only ${checked.length} files were found to check`)
    for (const room of ['base', 'config', 'cli', 'node', 'storage', 'transport']) {
      expect.ok(checked.some((path) => path.startsWith(`src/${room}/`)), `nothing of src/${room} was found`)
    }
    expect.is(formatViolations(checkImports(files)), '')
  })
})

suite('the tokenizer', ({ test }) => {
  const words = (source: string): string => tokenize(source).map(({ kind, text }) => `${kind[0] ?? ''}:${text}`).join(' ')

  test('keeps the line of every token', () => {
    const tokens = tokenize("a\n/* \n */ 'b'\n`c\n${d}\n` e")
    expect.equal(tokens.map(({ text, line }) => [text, line]), [['a', 1], ['b', 3], ['`c\n${', 4], ['d', 5], ['}\n`', 5], ['e', 6]])
  })

  test('tells a division from a regular expression', () => {
    expect.is(words('a = b / c / d'), 'w:a p:= w:b p:/ w:c p:/ w:d')
    expect.is(words('return /[/"]/g.test(x)'), 'w:return r:/[/"]/g p:. w:test p:( w:x p:)')
  })

  test('reads escapes in module names', () => {
    expect.is(tokenize("'\\x6eode:\\u0066\\u{73}'")[0]?.text, 'node:fs')
  })

  test('finds every form of naming a module', () => {
    const source = `import a from 'm1'
      import type { B } from 'm2'
      import c, * as d from 'm3'
      import 'm4'
      export * from 'm5'
      export * as e from 'm6'
      export { f as from } from 'm7'
      export type { G } from 'm8'
      export { h }
      const i = await import('m9'), from = 'no'
      import type from 'm10'
      import j, { type K } from 'm11' with { type: 'json' }
      const l = require("m12"), m = o.import('no'), n = import.meta.url, p = { import: 'no' }
      const q = import(\`m13\`), r = import(\`m\${q}\`)`
    const found = specifiersOf(tokenize(source))
    expect.equal(found.map(({ text }) => text), ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9', 'm10', 'm11', 'm12', 'm13', undefined])
  })
})
