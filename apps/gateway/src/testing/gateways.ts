import { composeServices } from '@apollo/composition'
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { parse } from 'graphql'
import { silenceTelemetry } from '../config.ts'
import { GraphGateway } from '../execute/graph-gateway.ts'
import { anonymous } from '../identity/caller.ts'
import type { OperationContext } from '../upstreams/data-source.ts'
import type { UpstreamResult } from '../upstreams/upstream.ts'
import { FederatedWorld } from './federated-world.ts'

export type Variables = Readonly<Record<string, unknown>>

/** What a client is told. */
export interface Told {
  readonly data: unknown
  readonly errors: readonly string[]
}

/** What a subgraph answers to one request; undefined for what the world holds. */
export type Answering = (subgraph: string, query: string, variables: Variables) => UpstreamResult | undefined

/** Apollo Server over Apollo's gateway as it comes, and over ours, before the same subgraphs. */
export class Gateways {
  readonly world: FederatedWorld
  readonly #stock: ApolloServer<OperationContext>
  readonly #ours: ApolloServer<OperationContext>
  /** The subgraphs that were asked since `ours` or `stock` was called last. */
  asked: string[] = []
  answering: Answering = () => undefined

  /** @param subgraphs schemas by name. @throws Error naming what does not compose. */
  constructor(subgraphs: Readonly<Record<string, string>>) {
    silenceTelemetry()
    const supergraphSdl = composed(subgraphs)
    this.world = new FederatedWorld(supergraphSdl)
    const buildService = ({ name }: { name: string }): GraphQLDataSource => ({
      process: async ({ request }) => ({ ...this.#answer(name, request.query ?? '', request.variables ?? {}) }),
    })
    this.#stock = serverOf(new ApolloGateway({ supergraphSdl, buildService, logger: quiet }))
    const sources = Object.fromEntries(
      Object.keys(subgraphs).map((name) => [
        name,
        {
          fetch: async ({ body }: { readonly body: string }) => {
            const { query, variables = {} } = JSON.parse(body)
            return this.#answer(name, query, variables)
          },
        },
      ]),
    )
    const gateway = new ApolloGateway({ supergraphSdl, buildService, logger: quiet })
    this.#ours = serverOf(new GraphGateway({ gateway, sources, onGraph: () => {} }))
  }

  async start(): Promise<void> {
    await Promise.all([this.#stock.start(), this.#ours.start()])
  }

  async stop(): Promise<void> {
    await Promise.all([this.#stock.stop(), this.#ours.stop()])
  }

  ours(query: string, variables: Variables): Promise<Told> {
    return this.#tell(this.#ours, query, variables)
  }

  stock(query: string, variables: Variables): Promise<Told> {
    return this.#tell(this.#stock, query, variables)
  }

  /** As one server tells that resolves every field itself. */
  monolith(query: string, variables: Variables): Told {
    return told(this.world.monolith(query, { ...variables }))
  }

  async #tell(server: ApolloServer<OperationContext>, query: string, variables: Variables): Promise<Told> {
    this.asked = []
    const contextValue = { caller: anonymous, requestId: 'req_test' }
    const { body } = await server.executeOperation({ query, variables: { ...variables } }, { contextValue })
    if (body.kind !== 'single') throw new Error('the answer came in parts')
    return told(body.singleResult)
  }

  #answer(subgraph: string, query: string, variables: Variables): UpstreamResult {
    this.asked.push(subgraph)
    const given = this.answering(subgraph, query, variables)
    return given ? structuredClone(given) : this.world.subgraph(subgraph, query, { ...variables })
  }
}

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function serverOf(gateway: ApolloGateway | GraphGateway): ApolloServer<OperationContext> {
  return new ApolloServer<OperationContext>({ gateway, logger: quiet, stopOnTerminationSignals: false })
}

function composed(subgraphs: Readonly<Record<string, string>>): string {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}/graphql`,
    typeDefs: parse(sdl),
  }))
  const result = composeServices(services)
  if (result.errors) throw new Error(result.errors.map(({ message }) => message).join('\n'))
  return result.supergraphSdl
}

interface Result {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string }[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Apollo's gateway tells in an extension which nulls it put itself. */
function told({ data, errors = [], extensions }: Result): Told {
  const nulled: unknown = extensions?.valueCompletion
  const messages = errors.map(({ message }) => message)
  return {
    data: JSON.parse(JSON.stringify(data ?? null)),
    errors: Array.isArray(nulled) ? [...messages, ...nulled.map(String)] : messages,
  }
}
