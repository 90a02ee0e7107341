import { createHash } from 'node:crypto'
import type { Recording } from '../run/recording.js'
import { BODY } from './body.js'
import { bundle } from './bundle.js'
import { escapeHtml, escapeJson } from './escape.js'
import { againCommand, headerHtml } from './header.js'
import { pageData } from './page-build.js'
import { STYLE } from './styles.js'

/**
 * One page, by itself: no network, no other file. Its content security policy lets only its own style and script run,
 * by their hashes, whatever the texts of a run hold.
 *
 * @param again the command that makes the run again; without, it is told from the recording
 */
export function renderReport (recording: Recording, again: string = againCommand(recording)): string {
  const data = pageData(recording)
  const script = bundle(new URL('./page/main.js', import.meta.url))
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${recording.scenario.name}, seed ${recording.seed}`)}</title>
<style>${STYLE}</style>
</head>
<body>
${headerHtml(recording, data, again)}
${BODY}
<script type="application/json" id="data">${escapeJson(data)}</script>
<script>${script}</script>
</body>
</html>
`
}

/** How a policy names an inline block (Content Security Policy level 3, section 2.3.1). */
const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`
