import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestListener } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { type ErrorCode, isErrorCode } from '@opsource/subgraph'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { silenceTelemetry } from '../config.ts'
import { publicError, withoutSuggestion } from '../errors.ts'
import { GraphGateway, type GraphGatewayOptions } from '../execute/graph-gateway.ts'
import type { Sources } from '../execute/source.ts'
import { anonymous } from '../identity/caller.ts'
import { limits } from '../limits/limits.ts'
import { isTokenLimit, onlySize, sizeRule, tooManyTokens } from '../limits/operation.ts'
import type { KnownOperations } from '../operations/known.ts'
import type { ListedOperation } from '../operations/manifest.ts'
import { type Studio, usageReporting } from '../studio/usage.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import { Answers, type AnswersOptions } from './answers.ts'
import { codesOf } from './request-log.ts'

export interface ApolloOptions {
  readonly supergraphSdl: string
  readonly sources: Sources
  readonly log: Logger
  /** Called with every graph before it is taken into use. What it throws refuses the graph. */
  readonly onGraph: (graph: Graph) => void
  readonly admit: NonNullable<GraphGatewayOptions['admit']>
  /** Takes the graphs itself. */
  readonly known: KnownOperations
  /** Told of every query and mutation before its answer leaves. */
  readonly answered: AnswersOptions['answered']
  readonly studio: Studio | undefined
  /** Whether the schema may be asked for, and errors may suggest names from it. */
  readonly introspection: boolean
}

export interface Apollo {
  readonly server: ApolloServer<OperationContext>
  readonly answers: Answers
  /** Takes another supergraph into use. @throws Error where it cannot be enforced here; the one before stays. */
  update(supergraphSdl: string): void
  /** Plans operations before anyone asks for them, one at a time. What is not valid against the graph is left out. */
  warm(operations: readonly ListedOperation[]): Promise<void>
}

/** Queries and mutations: Apollo Server over Apollo's gateway. Nothing here dials out. */
export async function startApollo({
  supergraphSdl,
  sources,
  log,
  onGraph,
  admit,
  known,
  answered,
  studio,
  introspection,
}: ApolloOptions): Promise<Apollo> {
  silenceTelemetry()
  let update: (sdl: string) => void = () => {}
  const gateway = new ApolloGateway({
    logger: quiet(log),
    supergraphSdl: async (hooks) => {
      update = hooks.update
      return { supergraphSdl }
    },
    buildService: ({ name }) => {
      if (!sources[name]) throw new Error(`The supergraph has the subgraph ${name}, for which no upstream is given`)
      return unused
    },
  })
  const graphs = new GraphGateway({
    gateway,
    sources,
    admit,
    onGraph: (graph) => {
      onGraph(graph)
      known.take(graph)
    },
  })
  const format = introspection ? formatError : formatHiding
  const server = new ApolloServer<OperationContext>({
    gateway: graphs,
    logger: quiet(log),
    ...(studio ? { apollo: { key: studio.key, graphRef: studio.graphRef } } : {}),
    introspection,
    csrfPrevention: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    validationRules: [sizeRule],
    validationOptions: { maxErrors: limits.validationErrors },
    formatError: format,
    plugins: [ApolloServerPluginLandingPageDisabled(), usageReporting(studio, log), pipeline(known, answered)],
  })
  await server.start()
  return {
    server,
    answers: new Answers({
      server,
      graphs,
      known,
      answered,
      format: (error) => format(error.toJSON(), error),
      watchesAll: studio !== undefined,
    }),
    update: (sdl) => {
      update(sdl)
      graphs.assertTaken()
    },
    warm: async (operations) => {
      for (const { body, type } of operations) {
        if (type === 'subscription') continue
        await server.executeOperation({ query: body }, { contextValue: { ...WARMING } })
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

const WARMING: OperationContext = { caller: anonymous, requestId: 'warming', isWarming: true }

/** Apollo's gateway executes nothing here. */
const unused = {
  process: () => Promise.reject(new Error('Subgraphs are asked through their upstreams')),
}

/** What happens here to an operation on its way through Apollo Server. One plugin: each costs every request a turn of the event loop. */
function pipeline(known: KnownOperations, answered: AnswersOptions['answered']): ApolloServerPlugin<OperationContext> {
  const listener: GraphQLRequestListener<OperationContext> = {
    validationDidStart: async () => async (errors) => {
      if (errors) onlySize(errors)
    },
    didResolveOperation: async ({ request, document, operation, source, schema, overallCachePolicy }) => {
      if (operation?.operation === 'subscription') throw SUBSCRIPTIONS_ELSEWHERE
      const text = { query: source, operationName: request.operationName ?? null }
      const policy = known.learn(text, document, schema)?.policy
      overallCachePolicy.restrict(policy ? { maxAge: policy.maxAgeMs / 1_000, scope: policy.scope } : { maxAge: 0 })
    },
    willSendResponse: async ({ operation, operationName, response, errors = [], contextValue: context }) => {
      if (context.isWarming) return
      const told = response.body.kind === 'single' ? response.body.singleResult.errors : undefined
      const type = operation?.operation ?? 'none'
      await answered({ context, type, operation: operationName ?? null, codes: codesOf(told), errors })
    },
  }
  return { requestDidStart: async () => listener }
}

const SUBSCRIPTIONS_ELSEWHERE = new GraphQLError(
  'Subscriptions are served over graphql-transport-ws on this path, or as `multipart/mixed;subscriptionSpec=1.0` to who accepts it.',
  { extensions: { code: 'BAD_USER_INPUT', http: { status: 400 } } },
)

/** Apollo Server's own codes, as the table has them. */
const OWN_CODES = new Map<unknown, ErrorCode>([
  ['BAD_REQUEST', 'BAD_USER_INPUT'],
  ['OPERATION_RESOLUTION_FAILURE', 'BAD_USER_INPUT'],
  ['PERSISTED_QUERY_NOT_SUPPORTED', 'BAD_USER_INPUT'],
])

function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const given = formatted.extensions?.code
  if (given === 'GRAPHQL_PARSE_FAILED' && isTokenLimit(formatted.message)) return tooManyTokens().toJSON()
  // Apollo Server gives errors of all validation rules one code; ours keep theirs underneath.
  const original =
    error instanceof GraphQLError && error.originalError instanceof GraphQLError
      ? error.originalError.extensions.code
      : undefined
  const code = isErrorCode(original) ? original : (OWN_CODES.get(given) ?? given)
  return publicError({ ...formatted, extensions: { ...formatted.extensions, code } })
}

/** Apollo Server itself would leave suggestions in what is wrong with variables. */
function formatHiding(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  return formatError({ ...formatted, message: withoutSuggestion(formatted.message) }, error)
}

/** The gateway's and server's own chatter is for debugging; what went wrong is in the request's line. */
function quiet(log: Logger) {
  return {
    debug: (message: string) => log.debug(message),
    info: (message: string) => log.debug(message),
    warn: (message: string) => log.warn(message),
    error: (message: string) => log.error(message),
  }
}
