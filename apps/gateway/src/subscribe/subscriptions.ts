import { type Clock, err, ok, type Result } from '@opsource/kernel'
import type { SerializedRequest } from '@opsource/subgraph'
import type { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { fault, PublicError, publicError } from '../errors.ts'
import type { Sources } from '../execute/source.ts'
import { anonymous } from '../identity/caller.ts'
import type { GatewayMetrics } from '../server/metrics.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { Upstream, UpstreamResult } from '../upstreams/upstream.ts'
import { executeEvent } from './event.ts'
import { Feed } from './feed.ts'
import { type SubscriptionPlan, SubscriptionPlans } from './plans.ts'
import { Reader } from './reader.ts'
import { type EventStream, paced } from './stream.ts'
import { Topic } from './topic.ts'

/** A reader that takes longer than this to hear of the end does not read at all. */
const DRAIN_MS = 1_000

export interface SubscriptionsOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Where what joins an event comes from: quick, or given up. */
  readonly sources: Sources
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: GatewayMetrics
}

export interface SubscriptionRequest {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: OperationContext
  /** What the client wants at least between two events, in milliseconds; 0 for every event at once. */
  readonly intervalMs?: number
}

/** Live operations across subgraphs: subscribes to the field's owner and completes each event from the others. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #topics = new Map<string, Topic>()
  readonly #readers = new Set<Reader>()
  #plans: SubscriptionPlans | null = null
  #stopped: GraphQLError | null = null

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** Serves another supergraph from now on; what runs on the one before ends and subscribes again. */
  use(graph: Graph): void {
    const plans = new SubscriptionPlans(graph)
    this.endAll(fault('SUBSCRIPTION_SCHEMA_RELOAD', 'The graph has changed: subscribe again.'))
    this.#plans = plans
  }

  get plans(): SubscriptionPlans {
    if (!this.#plans) throw new Error('No supergraph is loaded')
    return this.#plans
  }

  subscribe(request: SubscriptionRequest): Result<EventStream, readonly GraphQLError[]> {
    if (this.#stopped) return err([this.#stopped])
    const { plans } = this
    const planned = plans.plan(request.query, request.operationName)
    if (!planned.ok) return planned
    const faults = plans.variableFaults(planned.value, request.variables)
    if (faults.length > 0) return err(faults)
    const { kind } = planned.value
    const stream =
      kind === 'STATE' ? this.#share(planned.value, request) : this.#readAlone(planned.value, kind, request)
    return ok(request.intervalMs ? paced(stream, request.intervalMs) : stream)
  }

  /** How many are being read now. */
  get liveCount(): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + topic.readerCount, this.#readers.size)
  }

  endAll(fault: GraphQLError): void {
    for (const topic of this.#topics.values()) topic.end(fault)
    for (const reader of this.#readers) reader.end(fault)
  }

  /** Ends all and waits until their readers have been told; one that does not read is not waited for. */
  async drain(fault: GraphQLError): Promise<void> {
    this.#stopped = fault
    this.endAll(fault)
    const deadline = performance.now() + DRAIN_MS
    do await new Promise((resolve) => setTimeout(resolve, 10))
    while (this.liveCount > 0 && performance.now() < deadline)
  }

  #share(plan: SubscriptionPlan, request: SubscriptionRequest): EventStream {
    const context = plan.isPublic ? { ...request.context, caller: anonymous } : request.context
    const scope = context.caller.authorization()
    const key = JSON.stringify([request.query, request.operationName, request.variables, scope])
    const known = this.#topics.get(key)
    if (known) return known.join()
    const topic: Topic = new Topic({
      feed: (on) => this.#feed(plan, { ...request, context }, on),
      execute: (event) => this.#execute(plan, { ...request, context }, event),
      onConflated: () => this.#options.metrics.conflatedEvents.inc(),
      onClose: () => {
        if (this.#topics.get(key) === topic) this.#topics.delete(key)
      },
    })
    this.#topics.set(key, topic)
    return topic.join()
  }

  #readAlone(plan: SubscriptionPlan, kind: 'DELTA' | 'LOG', request: SubscriptionRequest): EventStream {
    const reader: Reader = new Reader({
      kind,
      feed: (on) => this.#feed(plan, request, on),
      execute: (event) => this.#execute(plan, request, event),
      isPaced: (request.intervalMs ?? 0) > 0,
      onLag: () => this.#options.metrics.laggingReaders.inc({ kind }),
      onClose: () => this.#readers.delete(reader),
    })
    this.#readers.add(reader)
    return reader.stream
  }

  #feed(
    plan: SubscriptionPlan,
    request: SubscriptionRequest,
    on: { event: (event: UpstreamResult) => void; end: (fault: GraphQLError | null) => void },
  ): Feed {
    const { upstreams, clock, log } = this.#options
    const { primary, kind } = plan
    const upstream = upstreams.get(primary.serviceName)
    if (!upstream) throw new Error(`No upstream for ${primary.serviceName}`)
    const body = primary.fetch.bodyFor(request.variables)
    return new Feed({
      upstream,
      kind,
      request: () => serialized(body, request.context),
      clock,
      log,
      onEvent: on.event,
      onEnd: on.end,
    })
  }

  async #execute(plan: SubscriptionPlan, { variables, context }: SubscriptionRequest, event: UpstreamResult) {
    const { sources, log } = this.#options
    try {
      return await executeEvent({ plan, variables, sources, context }, event)
    } catch (error) {
      log.error({ err: error, requestId: context.requestId }, 'event failed')
      return { data: null, errors: [new PublicError(publicError({ message: 'event failed' }))] }
    }
  }
}

function serialized(body: string, { caller, requestId }: OperationContext): SerializedRequest {
  const authorization = caller.authorization()
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId }
  return { body, headers: authorization === null ? headers : { ...headers, authorization } }
}
