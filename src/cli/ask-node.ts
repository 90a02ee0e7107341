/** ms to wait for one answer of a node. */
const TIMEOUT_MS = 10_000

/** What a node answered; `body` is undefined where it is no JSON. */
export interface NodeAnswer {
  readonly status: number
  readonly body: unknown
}

/** A node that runs, as a command asks it over HTTP. */
export class AskedNode {
  readonly #url: string
  readonly #command: string

  /**
   * @param url `http://HOST:PORT`
   * @param command that asks: an error says how to give it another address
   */
  constructor (url: string, command: string) {
    this.#url = url
    this.#command = command
  }

  /** @throws {Error} that says what to do, where nobody answers */
  async ask (path: string, method: 'GET' | 'POST' = 'GET'): Promise<NodeAnswer> {
    try {
      const response = await fetch(`${this.#url}${path}`, { method, signal: AbortSignal.timeout(TIMEOUT_MS) })
      return { status: response.status, body: await response.json().catch(() => undefined) }
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new Error(`no node answers at ${this.#url} (${cause}); give the HTTP address of one that runs: gokeydb ${this.#command} HOST:PORT`, { cause: error })
    }
  }

  /**
   * Who is there: `GET /v1/members`.
   * @throws {Error} where nobody answers, or with something else
   */
  async members<Member> (): Promise<readonly Member[]> {
    const { status, body } = await this.ask('/v1/members')
    if (status !== 200 || !isObject(body) || !Array.isArray(body['members'])) throw this.strange(status)
    return body['members'] as readonly Member[]
  }

  /** The error for an answer that no node gives. */
  strange (status: number): Error {
    return new Error(`${this.#url} does not answer as a GoKeyDB node does (HTTP ${status})`)
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null
