import { randomUUID } from 'node:crypto'
import { type ApolloServer, HeaderMap } from '@apollo/server'
import { type Span, startSpan } from '@opsource/tracing'
import { type ExecutionArgs, type ExecutionResult, type GraphQLError, getOperationAST } from 'graphql'
import { type Context, makeServer, type SubscribePayload } from 'graphql-ws'
import { z } from 'zod'
import { fault, PublicError, publicError } from '../errors.ts'
import type { Connections, Place } from '../identity/connections.ts'
import type { Session, Sessions } from '../identity/session.ts'
import type { Gate } from '../limits/gate.ts'
import { limits } from '../limits/limits.ts'
import { measure, parseOperation } from '../limits/operation.ts'
import type { Operations } from '../operations/operations.ts'
import { silentStream } from '../subscribe/stream.ts'
import type { LiveOperation, Subscriptions } from '../subscribe/subscriptions.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { type Outlet, SocketSink } from './outlet.ts'
import { codesOf, type Records } from './request-log.ts'

export interface SocketProtocolOptions {
  readonly server: ApolloServer<OperationContext>
  readonly subscriptions: Subscriptions
  readonly sessions: Sessions
  readonly connections: Connections
  readonly gate: Gate
  readonly operations: Operations
  readonly records: Records
}

/** What the protocol keeps for one socket. */
export interface SocketState {
  /** The header of the HTTP request that opened the socket; `connection_init` may carry its own. */
  readonly authorization: string | undefined
  readonly address: string
  readonly outlet: Outlet
  /** Ends the socket because its caller's credentials do not hold, or open too many. */
  readonly refuse: (fault: GraphQLError) => void
  session?: Session
  /** What the socket counts as: its address's until it is known whose it is. */
  place: Place
  /** A client may leave before it is known who it is. */
  closed?: boolean
  /** At least this between two events of a subscription, in milliseconds, as the client asked. */
  intervalMs?: number
}

interface SocketOperation extends OperationContext {
  readonly span: Span
}

/** In `connection_init`, for clients that show events to people: `maxEventsPerSecond`. */
const paceSchema = z.number().min(0.1).max(1_000)
/** Every event carries its subscription's id; the usual one is a UUID. */
const MAX_ID_CHARACTERS = 128

type SocketContext = Context<Record<string, unknown>, SocketState>
interface Prepared {
  readonly payload: SubscribePayload
  readonly context: SocketOperation
  readonly stream: ReturnType<typeof silentStream> | null
}

/** graphql-transport-ws (https://github.com/graphql/graphql-over-http): subscriptions, and queries and mutations as over HTTP. */
export class SocketProtocol {
  readonly #options: SocketProtocolOptions
  readonly #prepared = new WeakMap<ExecutionArgs, Prepared>()
  readonly server

  constructor(options: SocketProtocolOptions) {
    this.#options = options
    this.server = makeServer<Record<string, unknown>, SocketState>({
      onConnect: (context) => this.#connect(context),
      onSubscribe: (context, id, payload) => this.#prepare(context, id, payload),
      subscribe: (args) => this.#prepared.get(args)?.stream ?? this.#execute(args),
      execute: (args) => this.#execute(args),
      onError: (_context, _id, _payload, errors) => errors.map((error) => publicError(error.toJSON())),
    })
  }

  async #connect({ extra, connectionParams }: SocketContext): Promise<boolean> {
    const given = connectionParams?.authorization ?? connectionParams?.Authorization
    const header = typeof given === 'string' ? given : extra.authorization
    const { gate } = this.#options
    const limited = gate.arrive(extra.address, header)
    if (limited) {
      extra.refuse(limited)
      return false
    }
    const session = await this.#options.sessions.open(header, extra.refuse)
    if (!session.ok) {
      gate.refused(extra.address, header, session.error)
      extra.refuse(session.error)
      return false
    }
    const refused = extra.closed ? null : this.#place(extra, session.value)
    if (extra.closed || refused) {
      session.value.close()
      if (refused) extra.refuse(refused)
      return false
    }
    const pace = paceSchema.safeParse(connectionParams?.maxEventsPerSecond)
    if (pace.success) extra.intervalMs = 1_000 / pace.data
    extra.session = session.value
    return true
  }

  /** A socket whose user is known is the user's, and its address's no more. */
  #place(extra: SocketState, { caller }: Session): GraphQLError | null {
    const userId = caller.identity?.userId
    if (userId === undefined) return null
    const place = this.#options.connections.take({ userId, address: extra.address })
    if (!place.ok) return place.error
    extra.place.release()
    extra.place = place.value
    return null
  }

  /** Errors returned here end the operation with one `error` message. */
  async #prepare(
    { extra, subscriptions }: SocketContext,
    id: string,
    given: SubscribePayload,
  ): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const startedAt = performance.now()
    const { session } = extra
    if (!session) return [fault('INTERNAL_SERVER_ERROR', 'The socket has no session.')]
    const span = startSpan('graphql over a socket', 'server', undefined)
    const context = { caller: session.caller, requestId: randomUUID(), address: extra.address, span, startedAt }
    const refuse = (errors: readonly GraphQLError[]) => {
      this.#record(context, given, 'none', startedAt, codesOf(errors.map((error) => error.toJSON())))
      return errors
    }
    if (Object.keys(subscriptions).length > limits.operationsPerSocket) {
      return refuse([
        fault('QUERY_TOO_COMPLEX', `A socket carries at most ${limits.operationsPerSocket} operations at a time.`),
      ])
    }
    if (id.length > MAX_ID_CHARACTERS) {
      return refuse([fault('BAD_USER_INPUT', `An id has at most ${MAX_ID_CHARACTERS} characters.`)])
    }
    const { gate } = this.#options
    const limited = gate.arrive(extra.address) ?? gate.identified(session.caller)
    if (limited) return refuse([limited])
    const text = await this.#options.operations.textOf(given, session.caller.identity)
    if (!text.ok) return refuse([text.error])
    const payload = { ...given, query: text.value }
    const parsed = parseOperation(payload.query)
    if (!parsed.ok) return refuse([parsed.error])
    const document = parsed.value
    const tooLarge = measure(document)
    if (tooLarge) return refuse([tooLarge])
    const operation = getOperationAST(document, payload.operationName)
    if (!operation) return refuse([fault('BAD_USER_INPUT', 'The operation to run is not named, or not there.')])
    const args: ExecutionArgs = {
      schema: this.#options.subscriptions.plans.schema,
      document,
      operationName: payload.operationName ?? null,
    }
    if (operation.operation !== 'subscription') {
      this.#prepared.set(args, { payload, context, stream: null })
      return args
    }
    const { query, operationName, variables } = payload
    const live = this.#options.subscriptions.subscribe({
      query,
      operationName: operationName ?? null,
      variables: variables ?? {},
      context,
      ...(extra.intervalMs === undefined ? {} : { intervalMs: extra.intervalMs }),
    })
    if (!live.ok) return refuse(live.error)
    this.#record(context, payload, 'subscription', startedAt, [])
    this.#prepared.set(args, { payload, context, stream: streamOf(live.value, extra.outlet, id) })
    return args
  }

  /** Queries and mutations take the pipeline of HTTP, with its log line, limits and errors. */
  async #execute(args: ExecutionArgs): Promise<ExecutionResult> {
    const prepared = this.#prepared.get(args)
    if (!prepared) return { errors: [fault('INTERNAL_SERVER_ERROR', 'The operation was not prepared.')] }
    const { payload, context } = prepared
    const executing = this.#options.server.executeOperation(
      {
        query: payload.query,
        ...(payload.variables ? { variables: payload.variables } : {}),
        ...(payload.operationName ? { operationName: payload.operationName } : {}),
        http: { method: 'POST', headers: new HeaderMap(), search: '', body: undefined },
      },
      { contextValue: context },
    )
    const { body } = await executing.finally(() => context.span.end())
    if (body.kind !== 'single') return { errors: [fault('INTERNAL_SERVER_ERROR', 'The answer came in parts.')] }
    const { data, errors, extensions } = body.singleResult
    return {
      ...(extensions === undefined ? {} : { extensions }),
      ...(data === undefined ? {} : { data }),
      ...(errors ? { errors: errors.map((error) => new PublicError(error)) } : {}),
    }
  }

  #record(context: SocketOperation, payload: SubscribePayload, type: string, startedAt: number, codes: string[]): void {
    const outcome = { type, operation: payload.operationName ?? null, startedAt, codes }
    this.#options.records.add(context, outcome)
    context.span.end()
  }
}

/** A subscription whose events go straight to the socket; graphql-ws begins it, ends it and tells of its end. */
function streamOf(live: LiveOperation, outlet: Outlet, id: string) {
  return silentStream((end) => {
    const reader = live.open(new SocketSink(outlet, id, end))
    const forget = outlet.onRoom(() => reader.wake())
    return () => {
      forget()
      reader.leave()
    }
  })
}
