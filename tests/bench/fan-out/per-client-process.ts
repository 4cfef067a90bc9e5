import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { operationFromDocument, Supergraph } from '@apollo/federation-internals'
import {
  buildOperationContext,
  executeQueryPlan,
  type GraphQLDataSource,
  RemoteGraphQLDataSource,
} from '@apollo/gateway'
import { type QueryPlan, QueryPlanner } from '@apollo/query-planner'
import { type ExecutionResult, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import WebSocket, { WebSocketServer } from 'ws'
import { z } from 'zod'
import { compose } from '../../../apps/gateway/src/supergraph/composition.ts'
import { acceptEnforced } from '../../../apps/gateway/src/supergraph/enforced-specs.ts'
import { serveOrders } from './children.ts'
import { describedParts } from './subgraphs.ts'

/**
 * Federated subscriptions for each client alone, from what Apollo publishes: its planner, its executor `executeQueryPlan` and its data
 * source, an upstream subscription for every client over one socket, graphql-ws as it comes.
 */
const orderSchema = z.object({ do: z.literal('start'), ports: z.record(z.string(), z.number()) })
type Context = Parameters<typeof executeQueryPlan>[2]

serveOrders(orderSchema, async ({ ports }) => {
  const composed = compose(await describedParts())
  if (!composed.ok) throw new Error(JSON.stringify(composed.error))
  const supergraph = Supergraph.build(acceptEnforced(composed.value))
  const apiSchema = supergraph.apiSchema()
  const schema = apiSchema.toGraphQLJSSchema()
  const supergraphSchema = supergraph.schema.toGraphQLJSSchema()
  const planner = new QueryPlanner(supergraph)
  const sources: Record<string, GraphQLDataSource> = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [
      name,
      new RemoteGraphQLDataSource({ url: `http://127.0.0.1:${port}/graphql` }),
    ]),
  )
  const upstream = createClient({ url: `ws://127.0.0.1:${ports.exchange}/graphql`, webSocketImpl: WebSocket })

  const planOf = (query: string) => {
    const document = parse(query)
    const operationContext = buildOperationContext({ schema, operationDocument: document })
    const { node } = planner.buildQueryPlan(operationFromDocument(apiSchema, document, {}))
    if (node?.kind !== 'Subscription') throw new Error('not a subscription')
    const { primary, rest } = node
    const plan: QueryPlan = {
      kind: 'QueryPlan',
      node: rest ? { kind: 'Sequence', nodes: [primary, rest] } : primary,
    }
    return { document, operationContext, primary, plan }
  }
  // Planned once, as a server with a cache of plans would.
  const plans = new Map<string, ReturnType<typeof planOf>>()

  async function* live(query: string): AsyncGenerator<ExecutionResult> {
    const planned = plans.get(query) ?? planOf(query)
    plans.set(query, planned)
    const { document, operationContext, primary, plan } = planned
    for await (const event of eventsOf(upstream, primary.operation)) {
      const answered: GraphQLDataSource = {
        process: (options) =>
          options.request.query === primary.operation
            ? Promise.resolve({ data: event.data ?? null })
            : (sources[primary.serviceName]?.process(options) ?? Promise.resolve({})),
      }
      const request: Context = {
        request: { query: '', variables: {} },
        context: {},
        logger: { debug() {}, info() {}, warn() {}, error() {} },
        metrics: {},
        schema,
        document,
        operation: operationContext.operation,
        operationName: null,
        source: '',
        queryHash: '',
        schemaHash: '' as Context['schemaHash'],
        cache: { get: async () => undefined, set: async () => {}, delete: async () => true },
        overallCachePolicy: undefined,
      }
      const result = await executeQueryPlan(
        plan,
        Object.assign(Object.create(null), sources, { [primary.serviceName]: answered }),
        request,
        operationContext,
        supergraphSchema,
        apiSchema,
      )
      yield { data: result.data ?? null, ...(result.errors ? { errors: result.errors } : {}) }
    }
  }

  const http = createServer()
  const socketServer = new WebSocketServer({ server: http, path: '/graphql' })
  useServer(
    {
      onSubscribe: (_context, _id, { query }) => ({ schema, document: parse(query), contextValue: query }),
      subscribe: ({ contextValue }) => live(String(contextValue)),
    },
    socketServer,
  )
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return (http.address() as AddressInfo).port
})

function eventsOf(client: Client, query: string) {
  return client.iterate<Record<string, unknown>>({ query })
}
