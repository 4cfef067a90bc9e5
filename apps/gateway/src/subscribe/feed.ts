import type { Clock } from '@opsource/kernel'
import type { SerializedRequest } from '@opsource/subgraph'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { fault, publicError, unavailable } from '../errors.ts'
import type { Upstream, UpstreamResult } from '../upstreams/upstream.ts'
import type { StreamKind } from './kinds.ts'

/** A restarted subgraph is back in seconds; a reader that waits longer should hear that it waits for nothing. */
const RECONNECT_WITHIN_MS = 60_000
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 2_000

export interface FeedOptions {
  readonly upstream: Upstream
  readonly kind: StreamKind
  /** Asked at every connection, so that a renewed token is used. */
  readonly request: () => SerializedRequest
  readonly clock: Clock
  readonly log: Logger
  /** `isFirst`: the first since the source was asked, which of a `DELTA` is its snapshot. */
  readonly onEvent: (event: UpstreamResult, isFirst: boolean) => void
  /** Called once. Null: the source has no more to say. */
  readonly onEnd: (fault: GraphQLError | null) => void
}

/** One subscription at its owning subgraph. `STATE` and `DELTA` are taken up again when the subgraph returns, from a fresh snapshot. */
export class Feed {
  readonly #options: FeedOptions
  #dispose: (() => void) | null = null
  #retryTimer: NodeJS.Timeout | undefined
  #lostAt: number | null = null
  #delayMs = FIRST_RETRY_MS
  #hadEvents = false
  #closed = false

  constructor(options: FeedOptions) {
    this.#options = options
  }

  /** Begins, or begins anew: the source sends its snapshot again. */
  start(): void {
    if (this.#closed) return
    this.pause()
    const request = this.#options.request()
    let ended = false
    let isFirst = true
    const once = (tell: () => void) => {
      if (ended) return
      ended = true
      this.#dispose?.()
      this.#dispose = null
      tell()
    }
    const dispose = this.#options.upstream.subscribe(request, {
      next: (event) => {
        if (ended) return
        this.#hadEvents = true
        this.#lostAt = null
        this.#delayMs = FIRST_RETRY_MS
        const first = isFirst
        isFirst = false
        this.#options.onEvent(event, first)
      },
      complete: () => once(() => this.#end(null)),
      refused: (errors) => once(() => this.#refused(errors, request)),
      lost: (reason) => once(() => this.#lost(reason)),
    })
    // A source may end before it has answered with its handle.
    if (ended) dispose()
    else this.#dispose = dispose
  }

  /** Ends the subscription at its source until the next `start`. */
  pause(): void {
    clearTimeout(this.#retryTimer)
    this.#dispose?.()
    this.#dispose = null
  }

  close(): void {
    this.#closed = true
    this.pause()
  }

  #refused(errors: readonly GraphQLFormattedError[], request: SerializedRequest): void {
    const [first] = errors
    if (first && isShutdown(first)) return void this.#lost('the subgraph is stopping')
    const outdated =
      first?.extensions?.code === 'UNAUTHENTICATED' &&
      this.#options.request().headers.authorization !== request.headers.authorization
    if (outdated && this.#options.kind !== 'LOG') return void this.start()
    const { message, extensions } = publicError(first ?? { message: 'The subgraph refused the subscription.' })
    this.#end(new GraphQLError(message, { extensions: { ...extensions, service: this.#options.upstream.name } }))
  }

  #lost(reason: string): void {
    if (this.#closed) return
    const { kind, upstream, clock, log } = this.#options
    log.warn({ service: upstream.name, reason }, 'subscription lost')
    if (!this.#hadEvents) return void this.#end(unavailable(upstream.name))
    this.#lostAt ??= clock.now()
    const awayMs = clock.now() - this.#lostAt
    // What a LOG missed meanwhile would never come: its reader must know.
    if (kind === 'LOG' || awayMs > RECONNECT_WITHIN_MS) {
      return void this.#end(
        fault('SUBSCRIPTION_CONNECTION_LOST', `The connection to ${upstream.name} was lost.`, upstream.name),
      )
    }
    this.#retryTimer = setTimeout(() => this.start(), this.#delayMs)
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_RETRY_MS)
  }

  #end(fault: GraphQLError | null): void {
    if (this.#closed) return
    this.close()
    this.#options.onEnd(fault)
  }
}

function isShutdown(error: GraphQLFormattedError): boolean {
  return error.extensions?.code === 'SERVER_SHUTDOWN'
}
