import type { Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import type { Logger } from 'pino'
import type { KnownOperation } from '../operations/known.ts'
import { Invalidations } from './invalidation.ts'
import type { CachePolicy } from './policy.ts'
import { type CachedAnswer, ResponseCache, type SerializedAnswer } from './response-cache.ts'

/** An `accept` header that says more than this is no browser's. */
export const MAX_ACCEPT_CHARACTERS = 256

export interface KeptAnswersOptions {
  readonly cache: Cache
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
}

/** The answers that the door may give again. */
export class KeptAnswers {
  readonly #responses: ResponseCache
  readonly #unfollow: () => Promise<void>

  private constructor(responses: ResponseCache, unfollow: () => Promise<void>) {
    this.#responses = responses
    this.#unfollow = unfollow
  }

  static async follow(options: KeptAnswersOptions): Promise<KeptAnswers> {
    const { invalidations, unfollow } = await Invalidations.follow(options)
    return new KeptAnswers(new ResponseCache({ ...options, invalidations }), unfollow)
  }

  /**
   * @param operation as it was posted, which is what browsers ask leave for first; only what is known is kept.
   * @param accept the request's header.
   * @param execute must not be bound to one client's connection, and asks as nobody where the policy is `PUBLIC`.
   * @returns null where the answer is the caller's own.
   */
  async answer(
    operation: KnownOperation,
    { variables, accept = '', identity }: KeptRequest,
    execute: (policy: CachePolicy) => Promise<SerializedAnswer>,
  ): Promise<CachedAnswer | null> {
    const { policy } = operation
    if (!policy || accept.length > MAX_ACCEPT_CHARACTERS) return null
    return this.#responses.answer({ operation, variables, accept, identity }, policy, () => execute(policy))
  }

  /** Whoever changed something is given no answer from before. */
  changed(identity: Identity): Promise<void> {
    return this.#responses.changed(identity)
  }

  stop(): Promise<void> {
    return this.#unfollow()
  }
}

/** What of a request its answer depends on, besides the operation. */
export interface KeptRequest {
  readonly variables: Readonly<Record<string, unknown>> | null
  readonly accept: string | undefined
  readonly identity: Identity | null
}
