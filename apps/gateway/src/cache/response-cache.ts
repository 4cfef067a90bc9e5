import { createHash, randomUUID } from 'node:crypto'
import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import type { Logger } from 'pino'
import { decodeEntry, type Entry, encodeEntry } from './entry.ts'
import type { Invalidations } from './invalidation.ts'
import type { CachePolicies } from './policies.ts'
import type { CachePolicy } from './policy.ts'

/** A public answer may be given once more this much longer, at most as long again as its age, while a newer one is fetched. */
const MOST_STALE_MS = 10_000
/** Who fetches a newer answer for all gateways has this long. */
const REFRESH_CLAIM_MS = 5_000
/** How long after a mutation its caller's private answers from before must not be given. */
const PRIVATE_MEMORY_MS = 3_600_000

export interface CacheRequest {
  readonly text: string
  readonly operationName: string | null
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
}

/** What an execution gave, as HTTP carries it. */
export interface SerializedAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
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
  readonly #underWay = new Map<string, Promise<SerializedAnswer>>()

  constructor(options: ResponseCacheOptions) {
    this.#options = options
  }

  /**
   * @param execute runs the operation, whoever waits for it: it must not be bound to one client's connection.
   * @returns null where answers to this are not kept: the caller executes it as its own.
   */
  async answer(
    request: CacheRequest,
    policies: CachePolicies,
    execute: () => Promise<SerializedAnswer>,
  ): Promise<CachedAnswer | null> {
    const policy = policies.find(request.text, request.operationName)
    if (!policy || (policy.scope === 'PRIVATE' && request.identity === null)) return null
    const { clock, invalidations } = this.#options
    const scope = await this.#scopeOf(policy, request.identity)
    if (scope === null) return null
    const key = keyOf(policies.graph.id, scope, request)
    const version = invalidations.versionOf(policy.types)
    const kept = await this.#read(key)
    if (kept && kept.version === version) {
      const ageMs = Math.max(0, clock.now() - kept.storedAt)
      if (ageMs < policy.maxAgeMs) return { answer: answerOf(kept), outcome: 'HIT', ageMs, policy }
      if (ageMs < policy.maxAgeMs + staleMs(policy)) {
        void this.#refresh(key, version, policy, execute)
        return { answer: answerOf(kept), outcome: 'STALE', ageMs, policy }
      }
    }
    const answer = await this.#execute(key, version, policy, execute)
    return { answer, outcome: 'MISS', ageMs: 0, policy }
  }

  /** What a caller did makes what was kept for it alone old. */
  async forgetPrivate({ userId }: Identity): Promise<void> {
    await this.#forgiving(this.#options.cache.set(privateKey(userId), randomUUID(), { ttlMs: PRIVATE_MEMORY_MS }))
  }

  /** Whose answers these are; null where nobody can tell. */
  async #scopeOf(policy: CachePolicy, identity: Identity | null): Promise<string | null> {
    if (policy.scope === 'PUBLIC' || identity === null) return 'public'
    const turn = await this.#forgiving(this.#options.cache.get(privateKey(identity.userId)))
    if (turn === undefined) return null
    return `${identity.userId} ${[...identity.scopes].sort().join(',')} ${turn ?? ''}`
  }

  async #read(key: string): Promise<Entry | null> {
    const text = await this.#forgiving(this.#options.cache.get(key))
    return text == null ? null : decodeEntry(text)
  }

  /** One execution for all who ask at the same time. */
  #execute(
    key: string,
    version: string,
    policy: CachePolicy,
    execute: () => Promise<SerializedAnswer>,
  ): Promise<SerializedAnswer> {
    const known = this.#underWay.get(key)
    if (known) return known
    const storedAt = this.#options.clock.now()
    const executing = execute()
    this.#underWay.set(key, executing)
    const settle = async () => {
      try {
        const answer = await executing
        if (!isComplete(answer)) return
        const ttlMs = policy.maxAgeMs + staleMs(policy)
        const entry = encodeEntry({ ...answer, storedAt, version })
        await this.#forgiving(this.#options.cache.set(key, entry, { ttlMs }))
      } catch {
        // Whoever waits for the execution hears of it.
      } finally {
        this.#underWay.delete(key)
      }
    }
    void settle()
    return executing
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

function answerOf({ contentType, body }: Entry): SerializedAnswer {
  return { status: 200, contentType, body }
}

/** Apollo Server writes errors before the data. */
function isComplete({ status, body }: SerializedAnswer): boolean {
  return status === 200 && body.startsWith('{"data":{')
}

function staleMs({ scope, maxAgeMs }: CachePolicy): number {
  return scope === 'PUBLIC' ? Math.min(maxAgeMs, MOST_STALE_MS) : 0
}

function keyOf(graphId: string, scope: string, { text, operationName, variables, accept }: CacheRequest): string {
  const asked = JSON.stringify([graphId, scope, accept, operationName, variables ?? null, text])
  return `gateway:answer:${createHash('sha256').update(asked).digest('base64url')}`
}

function privateKey(userId: string): string {
  return `gateway:private:${userId}`
}
