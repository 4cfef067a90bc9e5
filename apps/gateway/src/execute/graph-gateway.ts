import type { ApolloGateway } from '@apollo/gateway'
import type { ApolloServerOptions, BaseContext } from '@apollo/server'
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql'
import { FederatedTrace } from '../studio/federated-trace.ts'
import { Graph } from '../supergraph/graph.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { Variables } from './conditions.ts'
import { execute } from './execute.ts'
import type { CompiledOperation } from './operation.ts'
import type { CachePolicy, Sources } from './source.ts'

type GatewayInterface = NonNullable<ApolloServerOptions<BaseContext>['gateway']>
type Load = GatewayInterface['load']
type Executor = NonNullable<Awaited<ReturnType<Load>>['executor']>
type GatewayRequest = Parameters<Executor>[0]
type SchemaCallback = Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]

/** What of a document its caller may have. */
export interface Admission {
  /** What the subgraphs are asked for; null for nothing. Equal parts are the same object, so that each is planned once. */
  readonly planned: DocumentNode | null
  /** What the answer looks like, where that is not the document as it came. The same object for the same answer. */
  readonly document?: DocumentNode
  /** One for each place that the caller may not see. */
  readonly errors: readonly GraphQLError[]
  /** What is said of the answer beside it. */
  readonly extensions?: (data: ExecutionResult['data']) => Readonly<Record<string, unknown>>
  /** Has the last word on the answer. */
  readonly settle?: (result: ExecutionResult) => ExecutionResult
}

export interface AdmissionRequest {
  readonly graph: Graph
  readonly document: DocumentNode
  readonly operationName: string | null
  readonly variables: Variables
  readonly context: OperationContext
}

export interface GraphGatewayOptions {
  /** Loads supergraphs and checks them; executes nothing. */
  readonly gateway: ApolloGateway
  readonly sources: Sources
  /** Called with every graph before it is taken into use. What it throws refuses the graph. */
  readonly onGraph: (graph: Graph) => void
  /** Asked before anything is planned. */
  readonly admit?: (request: AdmissionRequest) => Admission
}

/** Apollo's gateway with the compiled executor in the place of its own. Each request runs on the graph that it was validated against. */
export class GraphGateway implements GatewayInterface {
  readonly #options: GraphGatewayOptions
  readonly #graphs = new WeakMap<GraphQLSchema, Graph>()
  readonly #callbacks = new Set<SchemaCallback>()
  #current: Graph | null = null
  #refusal: { readonly reason: unknown } | null = null

  constructor(options: GraphGatewayOptions) {
    this.#options = options
    options.gateway.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => this.#take(coreSupergraphSdl))
  }

  onSchemaLoadOrUpdate(callback: SchemaCallback): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }

  async load(options: Parameters<Load>[0]): Promise<Awaited<ReturnType<Load>>> {
    await this.#options.gateway.load(options)
    this.assertTaken()
    return { executor: (request) => this.#execute(request) }
  }

  stop(): Promise<void> {
    return this.#options.gateway.stop()
  }

  /** Whether operations are validated against this graph now. */
  isCurrent(graph: Graph): boolean {
    return graph === this.#current
  }

  /** @throws what refused the newest supergraph, where it was refused: Apollo's gateway only logs that. */
  assertTaken(): void {
    if (this.#refusal) throw this.#refusal.reason
  }

  #take(sdl: string): void {
    this.#refusal = null
    try {
      const graph = new Graph(sdl)
      this.#options.onGraph(graph)
      this.#graphs.set(graph.schema, graph)
      this.#current = graph
    } catch (reason) {
      this.#refusal = { reason }
      return
    }
    for (const callback of this.#callbacks) {
      callback({ apiSchema: this.#current.schema, coreSupergraphSdl: sdl })
    }
  }

  /** Apollo Server's way here. */
  async #execute({ schema, document, operationName, request, context, overallCachePolicy, metrics }: GatewayRequest) {
    const graph = this.#graphs.get(schema)
    if (!graph) throw new Error('The request was validated against a schema that is not this gateway’s')
    if (!isOperationContext(context)) throw new Error('The request has no context')
    if (context.executed) return context.executed
    const asked: AdmissionRequest = {
      graph,
      document,
      operationName: operationName ?? request.operationName ?? null,
      variables: request.variables ?? {},
      context,
    }
    if (context.isWarming) return this.#warm(asked)
    const traceOf = metrics.captureTraces
      ? (operation: CompiledOperation, planned: DocumentNode | null) => {
          const trace = federatedTrace(asked, operation, planned, metrics)
          metrics.queryPlanTrace = trace.plan
          return trace
        }
      : undefined
    return this.execute(asked, overallCachePolicy, traceOf)
  }

  /**
   * @param asked of a document that is valid against the graph.
   * @returns what the caller may have of it; what is wrong with the operation is an error in the answer.
   */
  async execute(
    asked: AdmissionRequest,
    cachePolicy?: CachePolicy,
    traceOf?: (operation: CompiledOperation, planned: DocumentNode | null) => FederatedTrace,
  ): Promise<ExecutionResult> {
    const { graph, document, operationName, variables, context } = asked
    try {
      const admission = this.#options.admit?.(asked)
      const planned = admission ? admission.planned : document
      const operation = graph.compile(admission?.document ?? document, operationName, planned)
      const result = await execute(operation, {
        variables,
        context: traceOf ? { ...context, trace: traceOf(operation, planned) } : context,
        sources: this.#options.sources,
        ...(admission ? { errors: admission.errors } : {}),
        ...(cachePolicy ? { cachePolicy } : {}),
      })
      const settled = admission?.settle?.(result) ?? result
      return admission?.extensions ? { ...settled, extensions: admission.extensions(settled.data) } : settled
    } catch (error) {
      return refusalOf(error)
    }
  }

  #warm({ graph, document, operationName }: AdmissionRequest): ExecutionResult {
    try {
      graph.compile(document, operationName).warm()
      return { data: null }
    } catch (error) {
      return refusalOf(error)
    }
  }
}

/** The planner and graphql-js throw what is wrong with an operation. */
function refusalOf(error: unknown): ExecutionResult {
  if (error instanceof GraphQLError) return { errors: [error] }
  throw error
}

/** Planned anew, for few are traced: what each fetch of the plan took. */
function federatedTrace(
  { graph, operationName }: AdmissionRequest,
  { definition }: CompiledOperation,
  planned: DocumentNode | null,
  { startHrTime }: GatewayRequest['metrics'],
): FederatedTrace {
  const [seconds, nanoseconds] = startHrTime ? process.hrtime(startHrTime) : [0, 0]
  const startedAt = performance.now() - seconds * 1_000 - nanoseconds / 1_000_000
  const rootName = definition.operation === 'mutation' ? 'Mutation' : 'Query'
  return new FederatedTrace(planned ? graph.plan(planned, operationName) : undefined, rootName, startedAt)
}

function isOperationContext(context: object): context is OperationContext {
  return 'caller' in context && 'requestId' in context
}
