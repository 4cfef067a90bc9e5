import { type Span, SpanStatusCode, startSpan, traceparentOf } from '@opsource/tracing'
import type { Logger } from 'pino'
import { unavailable } from '../errors.ts'
import type { CachePolicy, Source, SourceRequest } from '../execute/source.ts'
import type { Caller } from '../identity/caller.ts'
import type { FederatedTrace } from '../studio/federated-trace.ts'
import type { Breaker } from './breaker.ts'
import { type Upstream, type UpstreamResult, UpstreamUnavailable } from './upstream.ts'

/** What the gateway knows of one operation while it runs. */
export interface OperationContext {
  readonly caller: Caller
  readonly requestId: string
  /** Where the request comes from. */
  readonly address?: string
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
  /** What the client says that it is. */
  readonly client?: string
  /** What the spans of its fetches are part of. */
  readonly span?: Span
  /** Gathers what its fetches took, for Apollo Studio. */
  readonly trace?: FederatedTrace
  /** It is only planned, so that the first who asks for it need not wait. */
  readonly isWarming?: true
}

export interface DataSourceOptions {
  readonly timeoutMs: number
  readonly log: Logger
  /** With a breaker, a subgraph that keeps failing is answered for at once. */
  readonly breaker?: Breaker
  readonly onFetched?: (fetched: { subgraph: string; outcome: 'OK' | 'UNAVAILABLE'; seconds: number }) => void
}

/** An upstream as a plan's fetches see it. A subgraph that is away is an error in the answer, never an exception. */
export class UpstreamDataSource implements Source {
  readonly #upstream: Upstream
  readonly #options: DataSourceOptions

  constructor(upstream: Upstream, options: DataSourceOptions) {
    this.#upstream = upstream
    this.#options = options
  }

  async fetch(request: SourceRequest): Promise<UpstreamResult> {
    const { breaker } = this.#options
    if (breaker?.isOpen) {
      if (breaker.takeProbe()) void this.#ask(request)
      return this.#failure()
    }
    return (await this.#ask(request)) ?? this.#failure()
  }

  /** @returns null where the subgraph is not available. */
  async #ask({ body, context, cachePolicy }: SourceRequest): Promise<UpstreamResult | null> {
    const { breaker, timeoutMs, log } = this.#options
    const { caller, requestId, signal } = context
    const headers: Record<string, string> = { 'content-type': 'application/json', 'x-request-id': requestId }
    const authorization = caller.authorization()
    if (authorization !== null) headers.authorization = authorization
    const span = startSpan(`fetch ${this.#upstream.name}`, 'client', context.span, {
      'subgraph.name': this.#upstream.name,
    })
    const startedAt = performance.now()
    let outcome: 'OK' | 'UNAVAILABLE' = 'UNAVAILABLE'
    const traceparent = traceparentOf(span)
    if (traceparent !== undefined) headers.traceparent = traceparent
    if (context.trace) headers['apollo-federation-include-trace'] = 'ftv1'
    try {
      const { result, cacheControl } = await this.#upstream.execute(
        { body, headers },
        signal ? { timeoutMs, signal } : { timeoutMs },
      )
      if (isStopping(result)) throw new UpstreamUnavailable(this.#upstream.name, 'it is stopping')
      breaker?.succeeded()
      outcome = 'OK'
      context.trace?.fetched({ service: this.#upstream.name, body, startedAt, ftv1: result.trace })
      if (cachePolicy) restrictCaching(cachePolicy, cacheControl)
      return result
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
      if (!signal?.aborted) {
        breaker?.failed()
        log.warn({ requestId, service: error.service, reason: error.message }, 'subgraph unavailable')
      }
      return null
    } finally {
      span.end()
      this.#options.onFetched?.({
        subgraph: this.#upstream.name,
        outcome,
        seconds: (performance.now() - startedAt) / 1_000,
      })
    }
  }

  #failure(): UpstreamResult {
    return { errors: [{ ...unavailable(this.#upstream.name).toJSON(), path: [] }] }
  }
}

/** What a subgraph says of its own end is no news of this gateway's. */
function isStopping({ data, errors }: UpstreamResult): boolean {
  return data === undefined && errors?.[0]?.extensions?.code === 'SERVER_SHUTDOWN'
}

/** What a subgraph says of its answer's age narrows what the graph says; one that says nothing leaves it so. */
function restrictCaching(policy: CachePolicy, cacheControl: string | null): void {
  if (cacheControl === null) return
  const maxAge = cacheControl.match(/max-age=(\d+)/)?.[1]
  policy.restrict({ maxAge: maxAge === undefined ? 0 : Number(maxAge) })
  if (cacheControl.includes('private')) policy.restrict({ scope: 'PRIVATE' })
}
