import type { Cache } from '@opsource/cache'
import { err, ok, type Result } from '@opsource/kernel'
import type { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { z } from 'zod'
import { fault } from '../errors.ts'
import { hashOf, type Manifest } from './manifest.ts'

/** A text that nobody asks for this long is forgotten; its client sends it again. */
const KEEP_MS = 7 * 24 * 3_600_000

/** https://www.apollographql.com/docs/apollo-server/performance/apq */
const extensionSchema = z.object({
  persistedQuery: z.object({ version: z.literal(1), sha256Hash: z.string().min(1).max(256) }),
})

export interface GivenOperation {
  readonly query?: unknown
  readonly extensions?: unknown
}

/**
 * Automatic persisted queries: a client sends an operation's hash in place of its text, and the text once, where nobody knows it yet.
 * Operations of the manifest are known from the start, by their ids.
 */
export class PersistedOperations {
  readonly #manifest: Manifest
  readonly #cache: Cache
  readonly #log: Logger

  constructor(manifest: Manifest, cache: Cache, log: Logger) {
    this.#manifest = manifest
    this.#cache = cache
    this.#log = log
  }

  /** The text of an operation that is given as text, id, or both; what is given as text alone takes no wait. A cache that is away only forgets. */
  textOf({ query, extensions }: GivenOperation): Result<string, GraphQLError> | Promise<Result<string, GraphQLError>> {
    const text = typeof query === 'string' && query !== '' ? query : null
    const named = extensions === undefined ? null : extensionSchema.safeParse(extensions)
    if (named?.success) return this.#named(named.data.persistedQuery, text)
    return text === null
      ? err(fault('BAD_USER_INPUT', 'Send an operation as `query`, or its hash as a persisted query.'))
      : ok(text)
  }

  async #named(
    { sha256Hash }: { readonly sha256Hash: string },
    text: string | null,
  ): Promise<Result<string, GraphQLError>> {
    if (text === null) return this.#find(sha256Hash)
    if (this.#manifest.textOf(sha256Hash) === text) return ok(text)
    if (hashOf(text) !== sha256Hash) return err(fault('BAD_USER_INPUT', 'The hash is not that of the operation.'))
    await this.#forgiving(this.#cache.set(key(sha256Hash), text, { ttlMs: KEEP_MS }))
    return ok(text)
  }

  async #find(hash: string): Promise<Result<string, GraphQLError>> {
    const known = this.#manifest.textOf(hash) ?? (await this.#forgiving(this.#cache.get(key(hash))))
    // Clients look for these words.
    return known == null ? err(fault('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')) : ok(known)
  }

  async #forgiving<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work
    } catch (error) {
      this.#log.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'persisted operations are out of reach',
      )
      return undefined
    }
  }
}

function key(hash: string): string {
  return `gateway:operation:${hash}`
}
