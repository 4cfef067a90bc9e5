import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { MemoryTransport } from '@opsource/bus'
import { MemoryCache } from '@opsource/cache'
import { TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import type { Listening, Subgraph } from '@opsource/subgraph'
import { createClient } from 'graphql-ws'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import WebSocket from 'ws'
import { type Gateway, type GatewayOptions, startGateway } from '../index.ts'
import { compose } from '../supergraph/composition.ts'
import { fileSource } from '../supergraph/file-source.ts'
import { Analyst, analystSdl } from './analyst.ts'
import { Exchange, exchangeSdl } from './exchange.ts'
import { Issuer, issuerSdl } from './issuer.ts'
import { openSubgraph, serve, withPrelude } from './subgraph.ts'

/** Far more than a join takes on a busy machine, so that only a test that makes a subgraph hang meets it. */
export const LIVE_JOIN_MS = 1_000

/** How the gateway reaches its subgraphs. */
export type Reach = 'in process' | 'over HTTP'

/** A gateway before three small subgraphs, all real, moved by the test. */
export class Stage {
  readonly exchange = new Exchange()
  readonly analyst = new Analyst()
  readonly issuer = new Issuer(systemClock)
  readonly verifier = new TokenVerifier({
    keys: async () => this.issuer.jwks(),
    revocations: async () => '{"revocations":[]}',
    clock: systemClock,
  })
  readonly cache = new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) })
  readonly transport = new MemoryTransport({ log: pino({ level: 'silent' }), consumers: {} })
  /** What the gateway logged, a JSON document each. */
  readonly log: string[] = []
  readonly supergraphPath: string
  #folder: string
  #reach: Reach
  #subgraphs = new Map<string, Subgraph>()
  #servers = new Map<string, Listening>()
  #gateway: Gateway | null = null

  constructor(reach: Reach, folder: string) {
    this.#reach = reach
    this.#folder = folder
    this.supergraphPath = path.join(folder, 'supergraph.graphql')
  }

  static async open(
    reach: Reach,
    options: Partial<Omit<GatewayOptions, 'host' | 'upstreams' | 'verifier' | 'clock' | 'log'>> = {},
  ): Promise<Stage> {
    const stage = new Stage(reach, await mkdtemp(path.join(tmpdir(), 'gateway-test-')))
    await stage.verifier.load()
    for (const name of ['exchange', 'analyst', 'enterprise'] as const) await stage.startSubgraph(name)
    await stage.composeWith('')
    const upstreams =
      reach === 'in process'
        ? Object.fromEntries(stage.#subgraphs)
        : Object.fromEntries([...stage.#servers].map(([name, { port }]) => [name, `http://127.0.0.1:${port}/graphql`]))
    stage.#gateway = await startGateway({
      host: '127.0.0.1',
      port: 0,
      upstreams,
      verifier: stage.verifier,
      cache: stage.cache,
      transport: stage.transport,
      clock: systemClock,
      log: pino({ level: 'info' }, { write: (line: string) => void stage.log.push(line) }),
      metrics: new Registry(),
      supergraph: fileSource(stage.supergraphPath),
      liveJoinMs: LIVE_JOIN_MS,
      ...options,
    })
    return stage
  }

  get gateway(): Gateway {
    if (!this.#gateway) throw new Error('the gateway is not started')
    return this.#gateway
  }

  /** Composes the graph, with more of it in the exchange, and each part of it as `edit` leaves it. */
  async composeWith(more: string, edit = (sdl: string) => sdl): Promise<void> {
    const subgraphs = Object.entries(this.#parts()).map(async ([name, [, sdl]]) => ({
      name,
      url: `http://${name}/graphql`,
      sdl: (await withPrelude(edit(sdl))) + (name === 'exchange' ? more : ''),
    }))
    const composed = compose(await Promise.all(subgraphs))
    if (!composed.ok) throw new Error(JSON.stringify(composed.error))
    await writeFile(this.supergraphPath, composed.value)
  }

  /** @param port where it stood before. */
  async startSubgraph(name: 'exchange' | 'analyst' | 'enterprise', port = 0): Promise<void> {
    const [part, sdl] = this.#parts()[name]
    const subgraph = await openSubgraph(name, sdl, part.resolvers(), this.verifier)
    this.#subgraphs.set(name, subgraph)
    if (this.#reach === 'over HTTP') this.#servers.set(name, await serve(subgraph, port))
  }

  /** @returns the port to start it again on. */
  async stopSubgraph(name: string): Promise<number> {
    const server = this.#servers.get(name)
    if (!server) throw new Error(`${name} has no server to stop`)
    await server.close()
    return server.port
  }

  async query(
    query: string,
    options: { variables?: object; authorization?: string; headers?: Record<string, string> } = {},
  ) {
    const response = await fetch(this.gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.authorization ? { authorization: options.authorization } : {}),
        ...options.headers,
      },
      body: JSON.stringify({ query, variables: options.variables }),
    })
    // What the gateway says of an answer is kept apart from what it answers.
    const { extensions, ...body } = JSON.parse(await response.text())
    return { status: response.status, headers: response.headers, body, extensions }
  }

  /** A client with a socket of its own. */
  client(authorization?: string) {
    return createClient({
      url: this.gateway.url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: authorization ? { authorization } : {},
    })
  }

  async close(): Promise<void> {
    this.analyst.behaviour = 'answers'
    await this.#gateway?.stop()
    await Promise.all([...this.#servers.values()].map((server) => server.close()))
    await Promise.all([...this.#subgraphs.values()].map((subgraph) => subgraph.stop()))
    await this.transport.close()
    await this.cache.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #parts() {
    return {
      exchange: [this.exchange, exchangeSdl],
      analyst: [this.analyst, analystSdl],
      enterprise: [this.issuer, issuerSdl],
    } as const
  }
}
