import type { Clock } from '@opsource/kernel'
import type { SerializedRequest } from '@opsource/subgraph'
import type { Logger } from 'pino'
import { PublicError, publicError } from '../errors.ts'
import type { Sources } from '../execute/source.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { Payload } from './backlog.ts'
import type { ChannelOptions } from './channel.ts'
import { executeEvent } from './event.ts'
import { Feed } from './feed.ts'
import { type Marking, marked, unmarked } from './marks.ts'
import type { SubscriptionPlan } from './plans.ts'

export interface ProductionOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Where what joins an event comes from: quick, or given up. */
  readonly sources: Sources
  readonly clock: Clock
  readonly log: Logger
}

export interface SubscriptionRequest {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
  readonly context: OperationContext
  /** What the client wants at least between two events, in milliseconds; 0 for every event at once. */
  readonly intervalMs?: number
}

/** How the events of a subscription come about: from the owner of its field, and made whole by the others. */
export class Production {
  readonly #options: ProductionOptions

  constructor(options: ProductionOptions) {
    this.#options = options
  }

  of(plan: SubscriptionPlan, request: SubscriptionRequest): Pick<ChannelOptions, 'feed' | 'execute'> {
    const { upstreams, clock, log } = this.#options
    const { kind, primary } = plan
    const upstream = upstreams.get(primary.serviceName)
    if (!upstream) throw new Error(`No upstream for ${primary.serviceName}`)
    const body = primary.fetch.bodyFor(request.variables)
    const marking = kind === 'DELTA' ? marked(body) : unmarked(body)
    return {
      feed: (on) =>
        new Feed({
          upstream,
          kind,
          request: () => serialized(marking.body, request.context),
          clock,
          log,
          onEvent: on.event,
          onEnd: on.end,
        }),
      execute: this.#execution(plan, request, marking),
    }
  }

  #execution(
    plan: SubscriptionPlan,
    { variables, context }: SubscriptionRequest,
    { markOf }: Marking,
  ): ChannelOptions['execute'] {
    const { sources, log } = this.#options
    return async (event) => {
      const mark = markOf(event)
      try {
        const { data, errors } = await executeEvent({ plan, variables, sources, context }, event)
        const told = errors ? { errors: errors.map((error) => error.toJSON()) } : {}
        return new Payload(JSON.stringify({ ...told, data }), mark)
      } catch (error) {
        log.error({ err: error, requestId: context.requestId }, 'event failed')
        const errors = [new PublicError(publicError({ message: 'event failed' }))]
        return new Payload(JSON.stringify({ errors, data: null }), mark)
      }
    }
  }
}

function serialized(body: string, { caller, requestId }: OperationContext): SerializedRequest {
  const authorization = caller.authorization()
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId }
  return { body, headers: authorization === null ? headers : { ...headers, authorization } }
}
