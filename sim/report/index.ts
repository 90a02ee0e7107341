/** What happened in a run, for a person: lines of text, and a page. */
export { formatFact, formatFault, formatLine, formatMessage, formatOperation, formatViolation } from './format.js'
export { Recorder } from './recorder.js'
export type { Outcome, RecorderOptions } from './recorder.js'
export { renderReport } from './render.js'
