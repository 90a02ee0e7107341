import { readFileSync } from 'node:fs'
import { assert } from '../../src/base/index.js'

const IMPORT = /^import \{[^}]*\} from '(\.[^']+)';?$/
const EXPORT = /^export (?=(?:async )?(?:function|class|const) )/

/**
 * One classic script of compiled modules: each module once, after those it imports, without its imports and exports. So
 * names at the top of modules must differ; the script does not compile otherwise.
 *
 * @param entry the compiled module to begin with
 */
export function bundle (entry: URL): string {
  const sources: string[] = []
  include(entry, new Set(), sources)
  return `'use strict';\n(() => {\n${sources.join('\n')}\n})()\n`
}

function include (url: URL, seen: Set<string>, sources: string[]): void {
  if (seen.has(url.href)) return
  seen.add(url.href)
  const kept: string[] = []
  for (const line of readFileSync(url, 'utf8').split('\n')) {
    const imported = IMPORT.exec(line)?.[1]
    if (imported !== undefined) include(new URL(imported, url), seen, sources)
    else if (!line.startsWith('//# sourceMappingURL=') && line !== 'export {};') {
      const inner = line.replace(EXPORT, '')
      assert(!/^(?:import|export)\b/.test(inner), `${url.pathname}: cannot be put into a page: ${line}`)
      kept.push(inner)
    }
  }
  sources.push(kept.join('\n'))
}
