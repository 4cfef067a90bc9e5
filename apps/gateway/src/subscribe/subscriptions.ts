import { err, ok, type Result } from '@opsource/kernel'
import { type DocumentNode, GraphQLError } from 'graphql'
import { fault } from '../errors.ts'
import type { AdmissionRequest } from '../execute/graph-gateway.ts'
import { anonymous } from '../identity/caller.ts'
import type { Admissions } from '../limits/admission.ts'
import type { GatewayMetrics } from '../server/metrics.ts'
import type { Graph } from '../supergraph/graph.ts'
import { type SubscriptionPlan, SubscriptionPlans } from './plans.ts'
import { Production, type ProductionOptions, type SubscriptionRequest } from './production.ts'
import type { Reader } from './reader.ts'
import type { Sink } from './sink.ts'
import { Topic } from './topic.ts'

/** What ends a subscription that its caller may not have any more. */
const DENIALS: ReadonlySet<unknown> = new Set(['UNAUTHENTICATED', 'FORBIDDEN'])
/** After this what was said last has left for the sockets. */
const SAID_MS = 10

export interface SubscriptionsOptions extends ProductionOptions {
  /** What of an operation its caller may have. */
  readonly admissions: Pick<Admissions, 'spend' | 'restrict'>
  readonly metrics: GatewayMetrics
  /** Whether what is wrong with an operation may be told with names of the schema that it does not have itself. */
  readonly suggests: boolean
}

/** A subscription that may begin. */
export interface LiveOperation {
  /** Begins to fill the sink, which may be written to and ended before this returns. */
  open(sink: Sink): Pick<Reader, 'wake' | 'leave'>
}

/** One upstream for all who ask the same of one supergraph. */
interface Shared {
  readonly topic: Topic
  readonly plan: SubscriptionPlan
  /** As the first of them asked. */
  readonly request: SubscriptionRequest
}

/** Live operations across subgraphs: subscribes to the field's owner and completes each event from the others. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #production: Production
  /** By what they have in common, on the graph in use. */
  #shared = new Map<string, Shared>()
  readonly #requests = new WeakMap<Reader, SubscriptionRequest>()
  #plans: SubscriptionPlans | null = null
  #logs = 0
  #stopped: GraphQLError | null = null

  constructor(options: SubscriptionsOptions) {
    this.#options = options
    this.#production = new Production(options)
  }

  /**
   * Serves another graph from now on. What is live goes on: with the subscription that it has, where its owner is still asked the same;
   * else on a new one, from that one's first event. It ends where the graph no longer has what it asks for.
   */
  use(graph: Graph): void {
    this.#plans = new SubscriptionPlans(graph, this.#options.suggests)
    const before = this.#shared
    this.#shared = new Map()
    for (const shared of before.values()) this.#carryOver(shared)
  }

  get plans(): SubscriptionPlans {
    if (!this.#plans) throw new Error('No supergraph is loaded')
    return this.#plans
  }

  subscribe(request: SubscriptionRequest): Result<LiveOperation, readonly GraphQLError[]> {
    const planned = this.#plan(request)
    if (!planned.ok) return planned
    try {
      this.#options.admissions.spend(this.#admission(planned.value.document, request))
    } catch (error) {
      if (error instanceof GraphQLError) return err([error])
      throw error
    }
    return ok({ open: (sink) => this.#open(request, sink) })
  }

  /** How many are being read now. */
  get liveCount(): number {
    let count = 0
    for (const { topic } of this.#shared.values()) count += topic.readerCount
    return count
  }

  /** How many different ones there are: as many subscriptions at subgraphs serve them, but for readers who are just beginning. */
  get upstreamCount(): number {
    return this.#shared.size
  }

  /** Ends all, takes no more, and gives the word time to leave. */
  async drain(fault: GraphQLError): Promise<void> {
    this.#stopped = fault
    for (const { topic } of [...this.#shared.values()]) topic.end(fault)
    await new Promise((resolve) => setTimeout(resolve, SAID_MS))
  }

  #open(request: SubscriptionRequest, sink: Sink): Pick<Reader, 'wake' | 'leave'> {
    // The graph may have changed since the operation was checked.
    const planned = this.#plan(request)
    if (!planned.ok) {
      sink.end(planned.error[0] ?? null)
      return { wake: () => {}, leave: () => {} }
    }
    const { topic } = this.#topicFor(planned.value, request)
    const reader = topic.join(sink, request.intervalMs ?? 0)
    this.#requests.set(reader, request)
    return reader
  }

  #plan(request: SubscriptionRequest): Result<SubscriptionPlan, readonly GraphQLError[]> {
    if (this.#stopped) return err([this.#stopped])
    try {
      return this.#planned(request)
    } catch (error) {
      this.#options.log.error({ err: error, requestId: request.context.requestId }, 'a subscription cannot be planned')
      return err([fault('INTERNAL_SERVER_ERROR', 'The subscription cannot be planned.')])
    }
  }

  #planned(request: SubscriptionRequest): Result<SubscriptionPlan, readonly GraphQLError[]> {
    const partOf = (document: DocumentNode) => this.#options.admissions.restrict(this.#admission(document, request))
    const planned = this.plans.plan(request.query, request.operationName, partOf)
    if (!planned.ok) return planned
    const faults = this.plans.variableFaults(planned.value, request.variables)
    return faults.length > 0 ? err(faults) : planned
  }

  #admission(document: DocumentNode, { operationName, variables, context }: SubscriptionRequest): AdmissionRequest {
    return { graph: this.plans.graph, document, operationName, variables, context }
  }

  #topicFor(plan: SubscriptionPlan, given: SubscriptionRequest): Shared {
    const request = plan.isPublic ? { ...given, context: { ...given.context, caller: anonymous } } : given
    const key = this.#keyOf(plan, request)
    const known = this.#shared.get(key)
    if (known) return known
    const { metrics } = this.#options
    const { kind } = plan
    const topic = new Topic({
      kind,
      ...this.#production.of(plan, request),
      onConflated: (count) => metrics.conflatedEvents.inc(count),
      onLag: () => metrics.laggingReaders.inc({ kind }),
      onFanOut: (ms) => metrics.fanOutSeconds.observe({ kind }, ms / 1_000),
      onClose: () => this.#forget(topic),
    })
    const shared = { topic, plan, request }
    this.#shared.set(key, shared)
    return shared
  }

  /** A `LOG` is read alone: what its reader has not read yet is kept for nobody else. */
  #keyOf({ kind }: SubscriptionPlan, { query, operationName, variables, context }: SubscriptionRequest): string {
    if (kind === 'LOG') return `LOG ${this.#logs++}`
    const values = Object.entries(variables).sort(([a], [b]) => (a < b ? -1 : 1))
    return JSON.stringify([query, operationName, values, context.caller.authorization()])
  }

  #forget(topic: Topic): void {
    for (const [key, shared] of this.#shared) if (shared.topic === topic) return void this.#shared.delete(key)
  }

  #carryOver({ topic, plan: before, request }: Shared): void {
    const planned = this.#plan(request)
    if (planned.ok && asksTheSame(planned.value, before, request)) {
      const plan = planned.value
      topic.use(this.#production.of(plan, request).execute)
      this.#shared.set(this.#keyOf(plan, request), { topic, plan, request })
      return
    }
    for (const reader of topic.disband()) this.#move(reader, before, this.#requests.get(reader) ?? request)
  }

  /** What callers share they may come to have in different ways: each is planned for as itself. */
  #move(reader: Reader, before: SubscriptionPlan, request: SubscriptionRequest): void {
    const planned = this.#plan(request)
    const [denied] = planned.ok ? [] : planned.error.filter(({ extensions }) => DENIALS.has(extensions.code))
    if (!planned.ok || planned.value.kind !== before.kind) {
      reader.end(denied ?? fault('SUBSCRIPTION_SCHEMA_RELOAD', 'The graph has changed: subscribe again.'))
    } else if (before.kind === 'LOG') {
      reader.end(fault('SUBSCRIPTION_GAP', 'The graph has changed: subscribe again from where you are.'))
    } else {
      this.#topicFor(planned.value, request).topic.take(reader)
    }
  }
}

/** Whether the same subscription at the same owner serves both plans, for the same readers. */
function asksTheSame(plan: SubscriptionPlan, before: SubscriptionPlan, { variables }: SubscriptionRequest): boolean {
  return (
    plan.kind === before.kind &&
    plan.isPublic === before.isPublic &&
    plan.primary.serviceName === before.primary.serviceName &&
    plan.primary.fetch.bodyFor(variables) === before.primary.fetch.bodyFor(variables)
  )
}
