export type TransportErrorCode =
  /** A listen address is taken by another process. */
  | 'address_in_use'
  /** A listen or announce address is no multiaddr, or cannot be listened at. */
  | 'address_invalid'
  /** The identity file cannot be read, written or understood. */
  | 'identity_broken'

/** Why a transport cannot be made, in words for the person who starts the node. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode

  constructor (code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The message of whatever was thrown. */
export const messageOf = (thrown: unknown): string => thrown instanceof Error ? thrown.message : String(thrown)

/** What was thrown, as an error. */
export const toError = (thrown: unknown): Error => thrown instanceof Error ? thrown : new Error(String(thrown))
