const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as the content or a quoted attribute of an HTML element. */
export function escapeHtml (text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

/**
 * JSON as the content of a script element: the parser of HTML sees no `<`, so neither `</script` nor `<!--` (HTML
 * standard, section 4.12.1.3, restrictions for contents of script elements).
 */
export function escapeJson (value: unknown): string {
  return JSON.stringify(value).replace(/[<>\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** An argument of a command in a shell. */
export function escapeShell (text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, '\'\\\'\'')}'`
}
