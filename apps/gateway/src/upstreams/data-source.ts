import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway'
import type { GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { unavailable } from '../errors.ts'
import type { Caller } from '../identity/caller.ts'
import type { Breaker } from './breaker.ts'
import { type Upstream, type UpstreamResult, UpstreamUnavailable } from './upstream.ts'

/** What the gateway knows of one operation while it runs. */
export interface OperationContext {
  readonly caller: Caller
  readonly requestId: string
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

export interface DataSourceOptions {
  readonly timeoutMs: number
  readonly log: Logger
  /** With a breaker, a subgraph that keeps failing is answered for at once. */
  readonly breaker?: Breaker
}

type ProcessOptions = GraphQLDataSourceProcessOptions<OperationContext>

/** An upstream as the query plan's executor sees it. A subgraph that is away is an error in the answer, never an exception. */
export class UpstreamDataSource implements GraphQLDataSource<OperationContext> {
  readonly #upstream: Upstream
  readonly #options: DataSourceOptions

  constructor(upstream: Upstream, options: DataSourceOptions) {
    this.#upstream = upstream
    this.#options = options
  }

  async process(options: ProcessOptions) {
    const { breaker } = this.#options
    if (breaker?.isOpen) {
      if (breaker.takeProbe()) void this.#fetch(options)
      return this.#failure(options)
    }
    return (await this.#fetch(options)) ?? this.#failure(options)
  }

  /** @returns null where the subgraph is not available. */
  async #fetch(options: ProcessOptions): Promise<UpstreamResult | null> {
    const { breaker, timeoutMs, log } = this.#options
    const { query, variables, operationName } = options.request
    const { caller, requestId, signal } = contextOf(options)
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': requestId }
    const authorization = caller.authorization()
    if (authorization !== null) headers.authorization = authorization
    try {
      const { result, cacheControl } = await this.#upstream.execute(
        { body: JSON.stringify({ query, variables, operationName }), headers },
        signal ? { timeoutMs, signal } : { timeoutMs },
      )
      if (isStopping(result)) throw new UpstreamUnavailable(this.#upstream.name, 'it is stopping')
      breaker?.succeeded()
      restrictCaching(options, cacheControl)
      return result
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error
      if (!signal?.aborted) {
        breaker?.failed()
        log.warn({ requestId, service: error.service, reason: error.message }, 'subgraph unavailable')
      }
      return null
    }
  }

  #failure(options: ProcessOptions): { errors: GraphQLFormattedError[] } {
    const path = options.kind === 'incoming operation' ? (options.pathInIncomingRequest ?? []) : []
    // `@` stands for every element of a list: then no single place in the answer is to blame.
    const placed = path.includes('@') ? {} : { path: [] }
    return { errors: [{ ...unavailable(this.#upstream.name).toJSON(), ...placed }] }
  }
}

function contextOf(options: ProcessOptions): OperationContext {
  if (options.kind !== 'incoming operation') throw new Error(`The gateway asked a subgraph for ${options.kind}`)
  return options.incomingRequestContext.context
}

/** What a subgraph says of its own end is no news of this gateway's. */
function isStopping({ data, errors }: UpstreamResult): boolean {
  return data === undefined && errors?.[0]?.extensions?.code === 'SERVER_SHUTDOWN'
}

/** An answer may be kept no longer than the part of it that ages first; a subgraph that says nothing forbids it. */
function restrictCaching(options: ProcessOptions, cacheControl: string | null): void {
  if (options.kind !== 'incoming operation') return
  const policy = options.incomingRequestContext.overallCachePolicy
  if (!policy) return
  const maxAge = cacheControl?.match(/max-age=(\d+)/)?.[1]
  policy.restrict({ maxAge: maxAge === undefined ? 0 : Number(maxAge) })
  if (cacheControl?.includes('private')) policy.restrict({ scope: 'PRIVATE' })
}
