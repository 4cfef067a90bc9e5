import { operationFromDocument } from '@apollo/federation-internals'
import { buildOperationContext, executeQueryPlan, type GraphQLDataSource } from '@apollo/gateway'
import type { QueryPlan } from '@apollo/query-planner'
import { GraphQLError, parse, validate } from 'graphql'
import { execute } from '../execute/execute.ts'
import type { Sources } from '../execute/source.ts'
import { anonymous } from '../identity/caller.ts'
import { Graph } from '../supergraph/graph.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import { FederatedWorld } from './federated-world.ts'

type Variables = Record<string, unknown>
type PlanRequest = Parameters<typeof executeQueryPlan>[2]

/** What one subgraph answers to one request. */
export type Answering = (subgraph: string, query: string, variables: Variables) => UpstreamResult

/** An answer in a form that compares: errors by what clients see of them, in one order. */
export interface Comparable {
  readonly data: unknown
  readonly errors: readonly string[]
}

/** The same operations through Apollo's executor, ours, and one server that holds everything. */
export class Executors {
  readonly graph: Graph
  readonly world: FederatedWorld
  /** Subgraphs that do not answer. */
  readonly dead = new Set<string>()
  readonly #plans = new Map<string, QueryPlan>()
  /** Requests that subgraphs got, as `subgraph: variables`. */
  readonly requests: string[] = []

  constructor(supergraphSdl: string) {
    this.graph = new Graph(supergraphSdl)
    this.world = new FederatedWorld(supergraphSdl)
  }

  validate(query: string): readonly string[] {
    return validate(this.graph.schema, parse(query)).map(({ message }) => message)
  }

  async ours(query: string, variables: Variables, answering: Answering = this.#world): Promise<Comparable> {
    const sources: Sources = Object.fromEntries(
      [...this.world.subgraphs.keys()].map((name) => [
        name,
        {
          fetch: async ({ body }) => {
            const request = JSON.parse(body)
            this.requests.push(`${name}: ${JSON.stringify(request.variables)}`)
            return answering(name, request.query, request.variables)
          },
        },
      ]),
    )
    const operation = this.graph.compile(parse(query), null)
    const context = { caller: anonymous, requestId: 'req_test' }
    return comparable(await execute(operation, { variables, context, sources }))
  }

  async apollos(query: string, variables: Variables, answering: Answering = this.#world): Promise<Comparable> {
    const document = parse(query)
    const { schema, apiSchema, supergraphSchema } = this.graph
    const operationContext = buildOperationContext({ schema, operationDocument: document })
    const serviceMap: Record<string, GraphQLDataSource> = Object.fromEntries(
      [...this.world.subgraphs.keys()].map((name) => [
        name,
        { process: async ({ request }) => ({ ...answering(name, request.query ?? '', request.variables ?? {}) }) },
      ]),
    )
    const request: PlanRequest = {
      request: { query: '', variables },
      context: {},
      logger: quiet,
      metrics: {},
      schema,
      document,
      operation: operationContext.operation,
      operationName: null,
      source: '',
      queryHash: '',
      schemaHash: '' as PlanRequest['schemaHash'],
      cache: { get: async () => undefined, set: async () => {}, delete: async () => true },
      overallCachePolicy: undefined,
    }
    const plan = this.#plan(query)
    const result = await executeQueryPlan(plan, serviceMap, request, operationContext, supergraphSchema, apiSchema)
    const nulled: unknown = result.extensions?.valueCompletion
    const completion = Array.isArray(nulled) ? nulled.filter((error) => error instanceof GraphQLError) : []
    return comparable({ data: result.data ?? null, errors: [...(result.errors ?? []), ...completion] })
  }

  /** As one server answers that resolves every field itself. */
  monolith(query: string, variables: Variables): Comparable {
    return comparable(this.world.monolith(query, variables))
  }

  readonly #world: Answering = (subgraph, query, variables) =>
    this.dead.has(subgraph)
      ? { errors: [{ message: `${subgraph} is away`, path: [] }] }
      : this.world.subgraph(subgraph, query, variables)

  /** Planning is the same for both, and takes longest. */
  #plan(query: string): QueryPlan {
    const known = this.#plans.get(query)
    if (known) return known
    const plan = this.graph.planner.buildQueryPlan(operationFromDocument(this.graph.apiSchema, parse(query)))
    this.#plans.set(query, plan)
    return plan
  }
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[] | undefined
    readonly extensions?: Readonly<Record<string, unknown>> | undefined
  }[]
}

/** A null that the gateway itself puts is told by its place; Apollo's executor has `@` and `_entities` in places where no single one is to blame. */
function comparable({ data, errors }: Answer): Comparable {
  const lines = (errors ?? []).map(({ message, path, extensions }) => {
    const isNamed = path && !path.includes('@') && !path.includes('_entities')
    const what = /^(Cannot return null|Invalid)/.test(message) ? 'nulled' : message
    return `${isNamed ? path.join('.') : '?'}: ${what} ${extensions?.serviceName ?? ''}`
  })
  return { data: data ?? null, errors: lines.sort() }
}
