/** Colours of the canvas, as the style sheet has them for the scheme in use. */
export interface Colours {
  readonly background: string
  readonly panel: string
  readonly line: string
  readonly text: string
  readonly muted: string
  readonly accent: string
  readonly bad: string
  readonly badSoft: string
  readonly fault: string
  readonly faultSoft: string
  readonly up: string
  readonly paused: string
  readonly down: string
  readonly slave: string
  readonly candidate: string
  readonly vote: string
  readonly commit: string
  readonly install: string
  readonly set: string
  readonly get: string
  readonly delete: string
  readonly onFill: string
  readonly channels: Readonly<Record<string, string>>
  readonly terms: readonly string[]
}

const TERM_COLOURS = 8

export function readColours (): Colours {
  const style = getComputedStyle(document.documentElement)
  const value = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return {
    background: value('background'), panel: value('panel'), line: value('line'), text: value('text'), muted: value('muted'), accent: value('accent'),
    bad: value('bad'), badSoft: value('bad-soft'), fault: value('fault'), faultSoft: value('fault-soft'), up: value('up'), paused: value('paused'), down: value('down'),
    slave: value('slave'), candidate: value('candidate'), vote: value('vote'), commit: value('commit'), install: value('install'),
    set: value('set'), get: value('get'), delete: value('delete'), onFill: value('on-fill'),
    channels: { replication: value('replication'), kv: value('kv'), membership: value('membership'), cluster: value('cluster') },
    terms: Array.from({ length: TERM_COLOURS }, (_, i) => value(`term${i}`))
  }
}

export const termColour = ({ terms }: Colours, term: number): string => terms[term % TERM_COLOURS] ?? ''

/** Follows the system, or what a person chose. */
export function watchTheme (changed: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  document.getElementById('theme')?.addEventListener('click', () => {
    const root = document.documentElement
    const isDark = (root.dataset['theme'] ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark'
    root.dataset['theme'] = isDark ? 'light' : 'dark'
    changed()
  })
}
