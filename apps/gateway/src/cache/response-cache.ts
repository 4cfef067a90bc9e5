import { hash } from 'node:crypto'
import type { Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import type { Logger } from 'pino'
import type { KnownOperation } from '../operations/known.ts'
import { decodeEntry, type Entry, encodeEntry } from './entry.ts'
import { Invalidations } from './invalidation.ts'
import type { CachePolicy } from './policy.ts'

/** An `accept` header that says more than this is no browser's: answers to it are not kept. */
export const MAX_ACCEPT_CHARACTERS = 256
/** A public answer may be given once more this much longer, at most as long again as its age, while a newer one is fetched. */
const MOST_STALE_MS = 10_000
/** Who fetches a newer answer for all gateways has this long. */
const REFRESH_CLAIM_MS = 5_000
/** What is asked is its own key up to this length: to hash it takes longer than to look it up. */
const MAX_KEY_CHARACTERS = 256
/** How long after a mutation its caller must not be given answers from before it: longer than any is kept. */
const CHANGE_MEMORY_MS = 24 * 3_600_000

export interface CacheRequest {
  readonly operation: Pick<KnownOperation, 'id' | 'name'>
  readonly variables: unknown
  /** What the client can read, as its header says: the form of an answer depends on it. */
  readonly accept: string
  readonly identity: Identity | null
}

export type CacheOutcome = 'HIT' | 'STALE' | 'MISS'

export interface CachedAnswer {
  readonly answer: SerializedAnswer
  readonly outcome: CacheOutcome
  /** Since its execution. */
  readonly ageMs: number
  readonly policy: CachePolicy
  readonly operationName: string | null
}

/** What an execution gave, as HTTP carries it. */
export interface SerializedAnswer {
  readonly status: number
  readonly contentType: string
  /** Its `cache-control`: where a subgraph said less than the graph, that holds. */
  readonly cacheControl: string
  readonly body: string
}

interface UnderWay {
  /** When it began, milliseconds since the Unix epoch: an answer is as old as its execution. */
  readonly storedAt: number
  readonly version: string
  readonly answer: Promise<SerializedAnswer>
}

export interface ResponseCacheOptions {
  readonly cache: Cache
  readonly clock: Clock
  readonly invalidations: Invalidations
  readonly log: Logger
}

/** Keeps answers as long as `@cacheControl` lets it. Where the cache is away, everything is executed: slower, never wrong. */
export class ResponseCache {
  readonly #options: ResponseCacheOptions
  /** Executions under way, by key: whoever asks the same meanwhile gets the same answer. */
  readonly #underWay = new Map<string, UnderWay>()

  constructor(options: ResponseCacheOptions) {
    this.#options = options
  }

  /** Also follows the domain events that make answers old. @returns it, and what ends that. */
  static async follow({
    transport,
    ...options
  }: Omit<ResponseCacheOptions, 'invalidations'> & { readonly transport: Transport }): Promise<{
    responses: ResponseCache
    unfollow: () => Promise<void>
  }> {
    const { invalidations, unfollow } = await Invalidations.follow({ ...options, transport })
    return { responses: new ResponseCache({ ...options, invalidations }), unfollow }
  }

  /**
   * @param execute runs the operation, whoever waits for it: it must not be bound to one client's connection.
   * @returns null where answers to this are not kept: the caller executes it as its own.
   */
  async answer(
    request: CacheRequest,
    policy: CachePolicy,
    execute: () => Promise<SerializedAnswer>,
  ): Promise<CachedAnswer | null> {
    if (policy.scope === 'PRIVATE' && request.identity === null) return null
    if (request.accept.length > MAX_ACCEPT_CHARACTERS) return null
    const { clock, invalidations } = this.#options
    const { name: operationName } = request.operation
    const key = keyOf(scopeOf(policy, request.identity), request)
    const version = invalidations.versionOf(policy.types)
    const [changedAt, kept] = await Promise.all([this.#lastChangeOf(request.identity), this.#read(key)])
    if (changedAt === null) return null
    if (kept && kept.version === version && kept.storedAt > changedAt) {
      const ageMs = Math.max(0, clock.now() - kept.storedAt)
      if (ageMs < policy.maxAgeMs)
        return { answer: answerOf(kept, policy), outcome: 'HIT', ageMs, policy, operationName }
      if (ageMs < policy.maxAgeMs + staleMs(policy)) {
        void this.#refresh(key, version, policy, execute)
        return { answer: answerOf(kept, policy), outcome: 'STALE', ageMs, policy, operationName }
      }
    }
    const other = this.#underWay.get(key)
    if (other && other.version === version && other.storedAt > changedAt) {
      // A refusal is its caller's alone: whoever only waited for the answer asks again.
      const answer = await other.answer.catch(() => null)
      return answer && mayBeKept(answer, policy) ? { answer, outcome: 'MISS', ageMs: 0, policy, operationName } : null
    }
    const answer = await this.#execute(key, version, policy, execute)
    return { answer, outcome: 'MISS', ageMs: 0, policy, operationName }
  }

  /** Whoever changed something is given no answer from before. */
  async changed({ userId }: Identity): Promise<void> {
    const { cache, clock } = this.#options
    await this.#forgiving(cache.set(changeKey(userId), String(clock.now()), { ttlMs: CHANGE_MEMORY_MS }))
  }

  /** @returns milliseconds since the Unix epoch, 0 for never; null where nobody can tell. */
  async #lastChangeOf(identity: Identity | null): Promise<number | null> {
    if (identity === null) return 0
    const time = await this.#forgiving(this.#options.cache.get(changeKey(identity.userId)))
    return time === undefined ? null : Number(time ?? 0)
  }

  async #read(key: string): Promise<Entry | null> {
    const text = await this.#forgiving(this.#options.cache.get(key))
    return text == null ? null : decodeEntry(text)
  }

  #execute(
    key: string,
    version: string,
    policy: CachePolicy,
    execute: () => Promise<SerializedAnswer>,
  ): Promise<SerializedAnswer> {
    const underWay = { storedAt: this.#options.clock.now(), version, answer: execute() }
    this.#underWay.set(key, underWay)
    void this.#keep(key, policy, underWay).finally(() => {
      if (this.#underWay.get(key) === underWay) this.#underWay.delete(key)
    })
    return underWay.answer
  }

  async #keep(key: string, policy: CachePolicy, { storedAt, version, answer }: UnderWay): Promise<void> {
    // Whoever waits for an execution hears of its failure.
    const executed = await answer.catch(() => null)
    if (!executed || !mayBeKept(executed, policy)) return
    const ttlMs = policy.maxAgeMs + staleMs(policy)
    await this.#forgiving(this.#options.cache.set(key, encodeEntry({ ...executed, storedAt, version }), { ttlMs }))
  }

  /** Fetches a newer answer while the stale one is given: one gateway for all. */
  async #refresh(
    key: string,
    version: string,
    policy: CachePolicy,
    execute: () => Promise<SerializedAnswer>,
  ): Promise<void> {
    if (this.#underWay.has(key)) return
    const claims = await this.#forgiving(this.#options.cache.increment(`${key}:refresh`, { ttlMs: REFRESH_CLAIM_MS }))
    if (claims !== 1) return
    try {
      await this.#execute(key, version, policy, execute)
      await this.#forgiving(this.#options.cache.delete(`${key}:refresh`))
    } catch (error) {
      this.#options.log.warn({ reason: String(error) }, 'a kept answer was not refreshed')
    }
  }

  async #forgiving<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.log.debug({ reason }, 'the response cache is out of reach')
      return undefined
    }
  }
}

/** Whose answers these are. */
function scopeOf({ scope }: CachePolicy, identity: Identity | null): string {
  return scope === 'PUBLIC' || identity === null ? 'public' : `${identity.userId} ${[...identity.scopes].sort().join()}`
}

function answerOf({ contentType, body }: Entry, policy: CachePolicy): SerializedAnswer {
  return { status: 200, contentType, cacheControl: cacheControlOf(policy), body }
}

/** Not with errors, which Apollo Server writes before the data, and not where a subgraph forbade it. */
function mayBeKept({ status, body, cacheControl }: SerializedAnswer, policy: CachePolicy): boolean {
  return status === 200 && body.startsWith('{"data":{') && cacheControl === cacheControlOf(policy)
}

/** As Apollo Server writes it. */
export function cacheControlOf({ maxAgeMs, scope }: CachePolicy): string {
  return `max-age=${maxAgeMs / 1_000}, ${scope.toLowerCase()}`
}

function staleMs({ scope, maxAgeMs }: CachePolicy): number {
  return scope === 'PUBLIC' ? Math.min(maxAgeMs, MOST_STALE_MS) : 0
}

function keyOf(scope: string, { operation, variables, accept }: CacheRequest): string {
  const asked = JSON.stringify([scope, accept, variables ?? null, operation.id])
  return `gateway:answer:${asked.length <= MAX_KEY_CHARACTERS ? asked : hash('sha256', asked, 'base64url')}`
}

function changeKey(userId: string): string {
  return `gateway:changed:${userId}`
}
