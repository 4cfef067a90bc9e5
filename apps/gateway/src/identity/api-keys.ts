import { createHash } from 'node:crypto'
import { type Clock, err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { unauthenticated, unavailable } from '../errors.ts'
import type { Upstream } from '../upstreams/upstream.ts'

/** Keys in use at once; beyond it the one used longest ago is swapped again. About 1 kB each. */
const MAX_KEPT_KEYS = 10_000
/** A token with less than this left is swapped for a fresh one, so that it outlives the request it serves. */
const RENEW_BEFORE_MS = 60_000
/** How long a wrong key is refused without asking: short, so that a key made just now soon works. */
const REFUSED_FOR_MS = 2_000
const EXCHANGE_TIMEOUT_MS = 5_000

const EXCHANGE = `mutation ExchangeApiKey($apiKey: String!) {
  exchangeApiKey(input: { apiKey: $apiKey }) { __typename ... on AccessTokenIssued { accessToken expiresAt } }
}`
const exchangeAnswer = z.object({
  exchangeApiKey: z.discriminatedUnion('__typename', [
    z.object({ __typename: z.literal('AccessTokenIssued'), accessToken: z.string(), expiresAt: z.iso.datetime() }),
    z.object({ __typename: z.literal('WrongCredentials') }),
  ]),
})

type Exchange = Result<string, GraphQLError>
interface Kept {
  readonly exchange: Promise<Exchange>
  /** Milliseconds since the Unix epoch; infinite while the answer is on its way. */
  until: number
}

/** Swaps API keys for access tokens at the subgraph that knows them, once for all requests that come together. */
export class ApiKeys {
  readonly #issuer: Upstream
  readonly #clock: Clock
  /** By the key's hash, so that no secret stays in memory. */
  readonly #kept = new LRUCache<string, Kept>({ max: MAX_KEPT_KEYS })

  constructor(issuer: Upstream, clock: Clock) {
    this.#issuer = issuer
    this.#clock = clock
  }

  /** The name of the subgraph that knows the keys. */
  get issuer(): string {
    return this.#issuer.name
  }

  /** @returns an access token, `UNAUTHENTICATED`, or `SUBGRAPH_UNAVAILABLE` where nobody can tell. */
  exchange(key: string): Promise<Exchange> {
    const id = hashOf(key)
    const known = this.#kept.get(id)
    if (known && this.#clock.now() < known.until) return known.exchange
    const { promise, resolve } = Promise.withResolvers<Exchange>()
    const entry: Kept = { exchange: promise, until: Number.POSITIVE_INFINITY }
    this.#kept.set(id, entry)
    void this.#ask(key).then(({ exchange, until }) => {
      entry.until = until
      resolve(exchange)
    })
    return promise
  }

  /** The next exchange of the key asks again. */
  forget(key: string): void {
    this.#kept.delete(hashOf(key))
  }

  async #ask(apiKey: string): Promise<{ exchange: Exchange; until: number }> {
    const now = this.#clock.now()
    try {
      const body = JSON.stringify({ query: EXCHANGE, variables: { apiKey } })
      const headers = { 'content-type': 'application/json' }
      const { result } = await this.#issuer.execute({ body, headers }, { timeoutMs: EXCHANGE_TIMEOUT_MS })
      const { exchangeApiKey } = exchangeAnswer.parse(result.data)
      if (exchangeApiKey.__typename === 'WrongCredentials') {
        return {
          exchange: err(unauthenticated('The API key is not valid, or no longer.')),
          until: now + REFUSED_FOR_MS,
        }
      }
      return { exchange: ok(exchangeApiKey.accessToken), until: Date.parse(exchangeApiKey.expiresAt) - RENEW_BEFORE_MS }
    } catch {
      return { exchange: err(unavailable(this.#issuer.name)), until: now }
    }
  }
}

/** Tells keys apart without keeping a secret. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}
