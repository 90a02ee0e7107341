/** What a log line may carry besides its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>

/** Where a room says what a person should know; one JSON object a line in production. */
export interface Logger {
  debug (message: string, fields?: LogFields): void
  info (message: string, fields?: LogFields): void
  warn (message: string, fields?: LogFields): void
  error (message: string, fields?: LogFields): void
}

/** Says nothing: for tests and for cores that must not speak. */
export const silentLogger: Logger = { debug () {}, info () {}, warn () {}, error () {} }
