import type { ApolloServerPlugin, HTTPGraphQLRequest } from '@apollo/server'
import type { Transport } from '@opsource/bus'
import type { Cache } from '@opsource/cache'
import type { Identity } from '@opsource/identity'
import type { Clock } from '@opsource/kernel'
import type { Logger } from 'pino'
import { postedOperation } from '../operations/request.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { Invalidations } from './invalidation.ts'
import { CachePolicies } from './policies.ts'
import type { CachePolicy } from './policy.ts'
import { type CachedAnswer, type CacheRequest, ResponseCache, type SerializedAnswer } from './response-cache.ts'

/** A header that says more than this is no browser's. */
const MAX_ACCEPT_CHARACTERS = 256

export interface KeptAnswersOptions {
  readonly cache: Cache
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Logger
}

/** The answers that the door may give again, for the graph in use. */
export class KeptAnswers {
  readonly #responses: ResponseCache
  readonly #unfollow: () => Promise<void>
  #policies: CachePolicies | null = null

  private constructor(responses: ResponseCache, unfollow: () => Promise<void>) {
    this.#responses = responses
    this.#unfollow = unfollow
  }

  static async follow(options: KeptAnswersOptions): Promise<KeptAnswers> {
    const { invalidations, unfollow } = await Invalidations.follow(options)
    return new KeptAnswers(new ResponseCache({ ...options, invalidations }), unfollow)
  }

  /** Another graph's answers are others. */
  take(graph: Graph): void {
    this.#policies = new CachePolicies(graph)
  }

  /**
   * @param execute must not be bound to one client's connection, and asks as nobody where the policy is `PUBLIC`.
   * @returns null where the answer is the caller's own.
   */
  async answer(
    request: HTTPGraphQLRequest,
    identity: Identity | null,
    execute: (policy: CachePolicy) => Promise<SerializedAnswer>,
  ): Promise<CachedAnswer | null> {
    const policies = this.#policies
    const asked = requestOf(request, identity)
    const policy = asked && policies?.find(asked.text, asked.operationName)
    return asked && policies && policy ? this.#responses.answer(asked, policies, () => execute(policy)) : null
  }

  /** Learns which operations' answers may be kept, lets subgraphs say less, and hears who changed something. */
  readonly plugin: ApolloServerPlugin<OperationContext> = {
    requestDidStart: async () => ({
      didResolveOperation: async ({ request, document, operation, source, overallCachePolicy }) => {
        if (operation?.operation !== 'query') return
        const policy = this.#policies?.of(source, request.operationName ?? null, document)
        if (policy) overallCachePolicy.restrict({ maxAge: policy.maxAgeMs / 1_000, scope: policy.scope })
      },
      willSendResponse: async ({ operation, contextValue }) => {
        const { identity } = contextValue.caller
        if (operation?.operation === 'mutation' && identity) await this.#responses.changed(identity)
      },
    }),
  }

  stop(): Promise<void> {
    return this.#unfollow()
  }
}

/** What of a request its answer depends on; null where it is not shared: only what browsers ask leave for first is. */
function requestOf(request: HTTPGraphQLRequest, identity: Identity | null): CacheRequest | null {
  const accept = request.headers.get('accept') ?? ''
  const posted = accept.length > MAX_ACCEPT_CHARACTERS ? null : postedOperation(request)
  if (posted === null) return null
  const { query: text, operationName, variables } = posted
  return { text, operationName, variables, accept, identity }
}
