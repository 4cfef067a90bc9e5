import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@opsource/kernel'
import { Pool } from 'undici'
import { z } from 'zod'

/** Connections kept to the gateway: one for each market and role, with one to spare. */
const MAX_CONNECTIONS = 8
/** A request that takes longer is asked again: everything sent is safe to send twice. */
const REQUEST_TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000
/** Faults of the platform that may pass are asked again this often; an absent platform is waited for without end. */
const MAX_FAULTS = 6
const PASSING_CODES = new Set(['SUBGRAPH_UNAVAILABLE', 'SERVER_SHUTDOWN', 'INTERNAL_SERVER_ERROR'])
const ABSENT_STATUSES = new Set([429, 502, 503, 504])

/** The key is unknown, ended, or lacks the role: asking again is no use. */
export class WrongKeyError extends Error {}
/** The graph answered with what this client does not expect. */
export class GraphError extends Error {}

const errorSchema = z.object({ message: z.string(), extensions: z.object({ code: z.string() }).partial().optional() })
const responseSchema = z.object({ data: z.unknown().optional(), errors: z.array(errorSchema).optional() })

/** What one client is told when it is made. */
export interface GraphClientOptions {
  /** `http://host:port/graphql` */
  readonly url: string
  /** `opk_…`, or null to ask as anyone. */
  readonly apiKey: string | null
  /** What the key is for, in messages. */
  readonly name: string
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told when the gateway is away for the first time, and with how long it was when it is back. */
  readonly onAway: (reason: string) => void
  readonly onBack: (awayMs: number) => void
}

type Attempt = { readonly data: unknown } | { readonly again: string; readonly fault: boolean }

/** Asks the graph over HTTP, waits for a gateway that is away, and parses what it answers. */
export class GraphClient {
  readonly #options: GraphClientOptions
  readonly #pool: Pool
  readonly #path: string

  constructor(options: GraphClientOptions) {
    const url = new URL(options.url)
    this.#options = options
    this.#pool = new Pool(url.origin, {
      connections: MAX_CONNECTIONS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
    })
    this.#path = url.pathname
  }

  /**
   * Sends an operation, again and again with longer pauses while the gateway is away: mutations must be safe to repeat.
   * @throws WrongKeyError where the key is refused, GraphError where the answer is unexpected, AbortError once the signal is given.
   */
  async ask<T>(query: string, variables: Readonly<Record<string, unknown>>, answer: z.ZodType<T>): Promise<T> {
    const body = JSON.stringify({ query, variables })
    const since = this.#options.clock.now()
    let away = false
    let faults = 0
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const attempt = await this.#attempt(body)
      if ('data' in attempt) {
        if (away) this.#options.onBack(this.#options.clock.now() - since)
        const parsed = answer.safeParse(attempt.data)
        if (!parsed.success)
          throw new GraphError(`${this.#options.name}: unexpected answer: ${z.prettifyError(parsed.error)}`)
        return parsed.data
      }
      if (attempt.fault && ++faults > MAX_FAULTS) throw new GraphError(`${this.#options.name}: ${attempt.again}`)
      if (!away) this.#options.onAway(attempt.again)
      away = true
      await sleep(pause, undefined, { signal: this.#options.signal })
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #attempt(body: string): Promise<Attempt> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
    }
    if (this.#options.apiKey !== null) headers.authorization = `ApiKey ${this.#options.apiKey}`
    try {
      const response = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers,
        body,
        signal: this.#options.signal,
      })
      const text = await response.body.text()
      if (ABSENT_STATUSES.has(response.statusCode))
        return { again: `the gateway answers ${response.statusCode}`, fault: false }
      return this.#read(response.statusCode, text)
    } catch (error) {
      if (error instanceof WrongKeyError || error instanceof GraphError || this.#options.signal.aborted) throw error
      return {
        again: `no gateway at ${this.#options.url}: ${error instanceof Error ? error.message : String(error)}`,
        fault: false,
      }
    }
  }

  #read(status: number, text: string): Attempt {
    const response = responseSchema.safeParse(parseJson(text))
    if (!response.success) throw new GraphError(`${this.#options.url} is not a GraphQL endpoint: it answers ${status}`)
    const error = response.data.errors?.[0]
    if (error === undefined) return { data: response.data.data }
    const code = error.extensions?.code ?? 'no code'
    if (status === 401 || code === 'UNAUTHENTICATED')
      throw new WrongKeyError(`the ${this.#options.name}'s API key is refused: ${error.message}`)
    if (code === 'FORBIDDEN')
      throw new WrongKeyError(`the ${this.#options.name}'s API key lacks the role: ${error.message}`)
    if (PASSING_CODES.has(code)) return { again: `${code}: ${error.message}`, fault: true }
    throw new GraphError(`${this.#options.name}: ${code}: ${error.message}`)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
