import { type Span, SpanStatusCode, startSpan, traceparentOf } from '@opsource/tracing'
import type { ExecutionResult } from 'graphql'
import type { Logger } from 'pino'
import { fault, unavailable } from '../errors.ts'
import type { CachePolicy, Source, SourceRequest } from '../execute/source.ts'
import type { Caller } from '../identity/caller.ts'
import { limits } from '../limits/limits.ts'
import type { FederatedTrace } from '../studio/federated-trace.ts'
import type { Breaker } from './breaker.ts'
import type { Departure } from './departure.ts'
import { OversizedAnswer, type Upstream, type UpstreamResult, UpstreamUnavailable } from './upstream.ts'

/** What the gateway knows of one operation while it runs. */
export interface OperationContext {
  readonly caller: Caller
  readonly requestId: string
  /** Where the request comes from. */
  readonly address?: string
  /** Of those who wait for the answer. */
  readonly departure?: Departure
  /** What the client says that it is. */
  readonly client?: string
  /** What the spans of its fetches are part of. */
  readonly span?: Span
  /** Gathers what its fetches took, for Apollo Studio. */
  readonly trace?: FederatedTrace
  /** It is only planned, so that the first who asks for it need not wait. */
  readonly isWarming?: true
  /** When it came, by `performance.now()`. */
  readonly startedAt?: number
  /** It has been executed, and only what comes of that is to be told. */
  readonly executed?: Promise<ExecutionResult>
}

export interface DataSourceOptions {
  readonly timeoutMs: number
  readonly log: Logger
  /** A subgraph that keeps failing is answered for at once. */
  readonly breaker: Breaker
  /** Whether a read that failed at once is tried again, as while a subgraph restarts behind its address. */
  readonly retriesReads: boolean
  readonly onFetched?: (fetched: { subgraph: string; outcome: 'OK' | 'UNAVAILABLE'; seconds: number }) => void
}

/** A read that failed within this time is tried again: one that took longer has used up its caller's patience. */
const RETRY_WITHIN_MS = 1_000
/** Long enough for a load balancer to notice, or a connection to be made anew. */
const RETRY_AFTER_MS = 50

/** An upstream as a plan's fetches see it. A subgraph that is away is an error in the answer, never an exception. */
export class UpstreamDataSource implements Source {
  readonly #upstream: Upstream
  readonly #options: DataSourceOptions
  readonly #spanName: string
  readonly #spanAttributes: Readonly<Record<string, string>>
  #inHand = 0

  constructor(upstream: Upstream, options: DataSourceOptions) {
    this.#upstream = upstream
    this.#options = options
    this.#spanName = `fetch ${upstream.name}`
    this.#spanAttributes = { 'subgraph.name': upstream.name }
  }

  async fetch(request: SourceRequest): Promise<UpstreamResult> {
    const { breaker } = this.#options
    if (this.#inHand >= limits.fetchesInHand) return this.#failure()
    if (breaker.isOpen) {
      const isProbe = breaker.takeProbe()
      // A mutation is answered as it went, whatever it has to wait for.
      if (isProbe && request.operation !== 'mutation') void this.#ask(request)
      if (!isProbe || request.operation !== 'mutation') return this.#failure()
    }
    this.#inHand++
    const startedAt = performance.now()
    try {
      return (await this.#ask(request)) ?? (await this.#askAgain(request, startedAt)) ?? this.#failure()
    } finally {
      this.#inHand--
    }
  }

  async #askAgain(request: SourceRequest, startedAt: number): Promise<UpstreamResult | null> {
    const { retriesReads, breaker } = this.#options
    const mayRepeat = retriesReads && request.operation === 'query' && !breaker.isOpen
    if (!mayRepeat || performance.now() - startedAt > RETRY_WITHIN_MS) return null
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS))
    return request.context.departure?.hasLeft ? null : this.#ask(request)
  }

  /** @returns null where the subgraph is not available. */
  async #ask({ body, context, cachePolicy }: SourceRequest): Promise<UpstreamResult | null> {
    const { breaker, timeoutMs, log } = this.#options
    const { caller, requestId, departure } = context
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json',
      'x-request-id': requestId,
    }
    const authorization = caller.authorization()
    if (authorization !== null) headers.authorization = authorization
    const span = startSpan(this.#spanName, 'client', context.span, this.#spanAttributes)
    const startedAt = performance.now()
    let outcome: 'OK' | 'UNAVAILABLE' = 'UNAVAILABLE'
    const traceparent = traceparentOf(span)
    if (traceparent !== undefined) headers.traceparent = traceparent
    if (context.trace) headers['apollo-federation-include-trace'] = 'ftv1'
    try {
      const { result, cacheControl } = await this.#upstream.execute({ body, headers }, { timeoutMs, departure })
      if (isStopping(result)) throw new UpstreamUnavailable(this.#upstream.name, 'it is stopping')
      breaker.succeeded()
      outcome = 'OK'
      context.trace?.fetched({ service: this.#upstream.name, body, startedAt, ftv1: result.trace })
      if (cachePolicy) restrictCaching(cachePolicy, cacheControl)
      return result
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
      if (error instanceof OversizedAnswer) {
        // It is there, and others ask it for less. Asked for this again it would answer the same.
        breaker.succeeded()
        log.warn({ requestId, service: error.service, reason: error.message }, 'subgraph answered too much')
        return oversized(error.service)
      }
      if (!departure?.hasLeft) {
        breaker.failed()
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

function oversized(service: string): UpstreamResult {
  const message = `The subgraph ${service} answered with more than is read of one answer: ask for less.`
  return { errors: [{ ...fault('SUBGRAPH_ANSWER_TOO_LARGE', message, service).toJSON(), path: [] }] }
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
