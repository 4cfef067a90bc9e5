import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { type ErrorCode, isErrorCode } from '@opsource/subgraph'
import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import type { Logger } from 'pino'
import { silenceTelemetry } from '../config.ts'
import { fault, publicError, withoutSuggestion } from '../errors.ts'
import { GraphGateway, type GraphGatewayOptions } from '../execute/graph-gateway.ts'
import type { Sources } from '../execute/source.ts'
import { anonymous } from '../identity/caller.ts'
import { limits } from '../limits/limits.ts'
import { isTokenLimit, onlySize, sizeRule, tooManyTokens } from '../limits/operation.ts'
import type { ListedOperation } from '../operations/manifest.ts'
import { type Studio, usageReporting } from '../studio/usage.ts'
import type { Graph } from '../supergraph/graph.ts'
import type { OperationContext } from '../upstreams/data-source.ts'

export interface ApolloOptions {
  readonly supergraphSdl: string
  readonly sources: Sources
  readonly log: Logger
  /** Called with every graph before it is taken into use. What it throws refuses the graph. */
  readonly onGraph: (graph: Graph) => void
  readonly admit: NonNullable<GraphGatewayOptions['admit']>
  readonly plugins: readonly ApolloServerPlugin<OperationContext>[]
  readonly studio: Studio | undefined
  /** Whether the schema may be asked for, and errors may suggest names from it. */
  readonly introspection: boolean
}

export interface Apollo {
  readonly server: ApolloServer<OperationContext>
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
  plugins,
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
  const graphs = new GraphGateway({ gateway, sources, onGraph, admit })
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
    formatError: introspection ? formatError : formatHiding,
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      usageReporting(studio, log),
      refuseSubscriptions,
      tellSizeOnce,
      ...plugins,
    ],
  })
  await server.start()
  return {
    server,
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

const tellSizeOnce: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    validationDidStart: async () => async (errors) => {
      if (errors) onlySize(errors)
    },
  }),
}

const refuseSubscriptions: ApolloServerPlugin<OperationContext> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation === 'subscription') {
        const refusal = fault(
          'BAD_USER_INPUT',
          'Subscriptions are served over graphql-transport-ws on this path, or as `multipart/mixed;subscriptionSpec=1.0` to who accepts it.',
        )
        throw Object.assign(refusal, { extensions: { ...refusal.extensions, http: { status: 400 } } })
      }
    },
  }),
}

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
