import { ApolloServer, type GraphQLRequestContextDidEncounterErrors, HeaderMap } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { ApolloServerPluginInlineTrace } from '@apollo/server/plugin/inlineTrace'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { followRevocations } from '@opsource/identity'
import { startSpan } from '@opsource/tracing'
import { type GraphQLSchema, parse } from 'graphql'
import { guardSchema } from './authorization.ts'
import { identify } from './caller.ts'
import { fault } from './errors.ts'
import { logInternal, maskError, refusal } from './formatting.ts'
import { depthRule, MAX_DOCUMENT_TOKENS } from './limits.ts'
import { Observer } from './observe.ts'
import { parseRequest } from './request.ts'
import { scalars } from './scalars.ts'
import type { Ports, SerializedRequest, Subgraph, SubgraphContext, WellKnownRoute } from './subgraph.ts'
import { Subscriptions } from './subscriptions.ts'

type ResolverMap =
  NonNullable<Parameters<typeof buildSubgraphSchema>[0]> extends infer M
    ? M extends { resolvers?: infer R }
      ? NonNullable<R>
      : never
    : never

export interface SubgraphDefinition {
  readonly name: string
  /** The merged schema: the text of `src/generated/schema.graphql`. */
  readonly sdl: string
  /** The features' resolvers, of the generated type `Resolvers`. Scalars are added. */
  readonly resolvers: object
  readonly ports: Ports
  readonly routes?: readonly WellKnownRoute[]
  /** Rejects, naming what is wrong, while the domain cannot do its work. Transport and cache are asked already. */
  ready?(): Promise<void>
  /** Called once, when no request is in hand any more. */
  onStop?(): Promise<void>
}

/** With `ftv1` in it, Apollo Server times each field and puts the trace beside the answer. */
const TRACE_HEADER = 'apollo-federation-include-trace'
/** How long `stop` waits for requests in hand: longer than any should take, shorter than a supervisor's patience. */
const DRAIN_LIMIT_MS = 10_000

/**
 * Puts a domain together. Throws where a root field has no resolver, or a root field or an entity says nothing of who may have it.
 * Called directly, without a token, it answers what is `@public`, `__typename` and `_service { sdl }` (the schema is no secret);
 * introspection is off: the gateway has it.
 */
export async function createSubgraph(definition: SubgraphDefinition): Promise<Subgraph> {
  const { name, ports } = definition
  const log = ports.log.child({ subgraph: name })
  const schema = buildSchema(definition)
  const observer = new Observer({ ...ports, log }, name)
  const server = new ApolloServer<SubgraphContext>({
    schema,
    introspection: false,
    csrfPrevention: false,
    persistedQueries: false,
    cache: 'bounded',
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MAX_DOCUMENT_TOKENS },
    validationRules: [depthRule],
    formatError: maskError,
    plugins: [
      // Usage is the gateway's to report, and how long answers are kept is its to work out: here both would only cost.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTrace({ includeErrors: { masked: true } }),
      { requestDidStart: async () => ({ didEncounterErrors: logErrors }) },
    ],
    logger: log,
    nodeEnv: 'production',
  })
  await server.start()
  const unfollow = await followRevocations(ports.verifier, { transport: ports.transport, log })
  const subscriptions = new Subscriptions({ schema, ports, log, observer })
  let inHand = 0
  let stopping = false
  let drained = () => {}

  async function execute(request: SerializedRequest): Promise<string> {
    const requestId = request.headers['x-request-id'] ?? ports.ids.next('req')
    const startedAt = observer.started()
    const span = startSpan(name, 'server', request.headers.traceparent, { 'request.id': requestId })
    let operationName: string | null | undefined
    let userId: string | null = null
    let answer: string
    inHand += 1
    try {
      if (stopping) throw fault('SERVER_SHUTDOWN', 'The service is stopping.')
      const identity = await identify(request.headers, ports.verifier)
      const body = parseRequest(request)
      operationName = body.operationName
      userId = identity?.userId ?? null
      answer = await run(body, { identity, log: log.child({ requestId }), requestId }, request.headers[TRACE_HEADER])
    } catch (error) {
      answer = refusal(error, log.child({ requestId }))
    }
    inHand -= 1
    if (stopping && inHand === 0) drained()
    observer.finished(startedAt, { requestId, operationName, userId, answer }, span)
    return answer
  }

  async function run(
    body: ReturnType<typeof parseRequest>,
    context: SubgraphContext,
    trace: string | undefined,
  ): Promise<string> {
    const headers = new HeaderMap([['content-type', 'application/json']])
    if (trace !== undefined) headers.set(TRACE_HEADER, trace)
    const response = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        headers,
        search: '',
        body,
      },
      context: async () => context,
    })
    if (response.body.kind === 'complete') return response.body.string
    throw new Error('incremental delivery is not offered')
  }

  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    await subscriptions.stop()
    if (inHand > 0) {
      await Promise.race([new Promise<void>((resolve) => (drained = resolve)), patience(DRAIN_LIMIT_MS)])
    }
    await definition.onStop?.()
    await unfollow()
    await server.stop()
  }

  return {
    name,
    schema,
    routes: definition.routes ?? [],
    execute,
    subscribe: (request) => subscriptions.open(request),
    ready: async () => {
      if (stopping) throw new Error('stopping')
      if (!ports.verifier.loaded) throw new Error('the signing keys are not known yet')
      await Promise.all([ports.transport.ping(), ports.cache.ping(), definition.ready?.()])
    },
    stop,
  }
}

/** Here the request is known, so that its id stands in the log beside the error. */
async function logErrors(request: GraphQLRequestContextDidEncounterErrors<SubgraphContext>): Promise<void> {
  for (const error of request.errors) logInternal(error, request.contextValue.log)
}

function buildSchema({ name, sdl, resolvers }: SubgraphDefinition): GraphQLSchema {
  const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: { ...scalars, ...resolvers } as ResolverMap })
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const resolver = root === schema.getSubscriptionType() ? field.subscribe : field.resolve
      if (resolver === undefined) throw new Error(`${name}: ${root?.name}.${field.name} has no resolver`)
    }
  }
  guardSchema(schema)
  return schema
}

function patience(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
