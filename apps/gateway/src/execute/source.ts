import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'

/** Restricts how long an answer may be kept: Apollo Server's `overallCachePolicy`. */
export interface CachePolicy {
  restrict(hint: { maxAge?: number; scope?: 'PUBLIC' | 'PRIVATE' }): void
}

/** One fetch of a plan. */
export interface SourceRequest {
  /** The serialised GraphQL request. */
  readonly body: string
  /** A `mutation` is sent once and never again. */
  readonly operation: 'query' | 'mutation' | 'subscription'
  readonly context: OperationContext
  readonly cachePolicy: CachePolicy | null
}

/** Where a subgraph's part of an answer comes from. */
export interface Source {
  /**
   * Never rejects: a subgraph that does not answer is an error in the result, with the path `[]` for wherever the fetch was for.
   * The result belongs to whoever asked, who changes it.
   */
  fetch(request: SourceRequest): Promise<UpstreamResult>
}

/** By the names that the supergraph has for its subgraphs. */
export type Sources = Readonly<Record<string, Source>>
