import { GraphQLError } from 'graphql'
import { networkOf } from '../identity/addresses.ts'
import type { Caller } from '../identity/caller.ts'
import { rateRules } from './rate-rules.ts'
import type { Rates } from './rates.ts'

const API_KEY = /^apikey /i

/** Holds whoever calls to the rates of requests, before anything is done for them. */
export class Gate {
  readonly #rates: Rates

  constructor(rates: Rates) {
    this.#rates = rates
  }

  /**
   * Counts one request of an address, whoever it speaks for.
   * @param authorization the request's header: an address that has tried too many wrong keys tries none for a while.
   */
  arrive(address: string, authorization?: string): GraphQLError | null {
    const network = networkOf(address)
    const wait = this.#rates.take(rateRules.requestsPerAddress, network)
    if (wait > 0) return rateLimited(wait)
    if (authorization === undefined || !API_KEY.test(authorization)) return null
    return limitedBy(this.#rates.wait(rateRules.failedSignInsPerAddress, network))
  }

  /** Notes that credentials did not hold. Tokens are not counted: one that has expired is no attempt to guess. */
  refused(address: string, authorization: string | undefined, fault: GraphQLError): void {
    if (fault.extensions.code === 'UNAUTHENTICATED' && authorization !== undefined && API_KEY.test(authorization))
      this.#rates.count(rateRules.failedSignInsPerAddress, networkOf(address))
  }

  /** Counts one request of a user, or of the key that speaks for them. */
  identified({ identity, apiKey }: Caller): GraphQLError | null {
    if (identity === null) return null
    return limitedBy(
      apiKey === undefined
        ? this.#rates.take(rateRules.requestsPerUser, identity.userId)
        : this.#rates.take(rateRules.requestsPerKey, apiKey),
    )
  }

  /** Counts what an operation costs. */
  spend({ identity }: Caller, address: string, cost: number): GraphQLError | null {
    return limitedBy(
      identity === null
        ? this.#rates.take(rateRules.costPerAddress, networkOf(address), cost)
        : this.#rates.take(rateRules.costPerUser, identity.userId, cost),
    )
  }
}

export function limitedBy(waitMs: number): GraphQLError | null {
  return waitMs > 0 ? rateLimited(waitMs) : null
}

/** Over HTTP 429 with `Retry-After` (RFC 9110, in whole seconds). */
export function rateLimited(waitMs: number): GraphQLError {
  const headers = new Map([['retry-after', `${Math.ceil(waitMs / 1000)}`]])
  return new GraphQLError('Too much in too short a time: come again later.', {
    extensions: { code: 'RATE_LIMITED', retryAfterMs: waitMs, http: { status: 429, headers } },
  })
}
