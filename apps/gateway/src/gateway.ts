import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { rolePolicies } from '@opsource/identity'
import { KeptAnswers } from './cache/kept-answers.ts'
import { fault } from './errors.ts'
import { altairFiles, altairPage } from './explorer/altair.ts'
import { type ExampleOperation, readOperations } from './explorer/operations.ts'
import { sandboxPage } from './explorer/sandbox.ts'
import type { Gateway, GatewayOptions } from './gateway-options.ts'
import { Addresses } from './identity/addresses.ts'
import { ApiKeys } from './identity/api-keys.ts'
import { Authentication } from './identity/authentication.ts'
import { Connections } from './identity/connections.ts'
import { Sessions } from './identity/session.ts'
import { Admissions } from './limits/admission.ts'
import { Gate } from './limits/gate.ts'
import { limits } from './limits/limits.ts'
import { Rates } from './limits/rates.ts'
import { KnownOperations } from './operations/known.ts'
import { Manifest } from './operations/manifest.ts'
import { Operations } from './operations/operations.ts'
import { startApollo } from './server/apollo.ts'
import { GraphqlEndpoint } from './server/graphql.ts'
import { healthOf, readinessOf } from './server/health.ts'
import { GatewayMetrics } from './server/metrics.ts'
import { MultipartSubscriptions } from './server/multipart.ts'
import { Records } from './server/request-log.ts'
import { respond, respondJson } from './server/respond.ts'
import { type Handler, listener } from './server/routes.ts'
import { asksForSocket, Sockets } from './server/sockets.ts'
import { SocketProtocol } from './server/websocket.ts'
import { Subscriptions } from './subscribe/subscriptions.ts'
import { fileSource } from './supergraph/file-source.ts'
import { readSupergraph, SupergraphLoader } from './supergraph/loader.ts'
import { Breaker } from './upstreams/breaker.ts'
import { UpstreamDataSource } from './upstreams/data-source.ts'
import { HttpUpstream } from './upstreams/http.ts'
import { LocalUpstream } from './upstreams/local.ts'
import type { Upstream } from './upstreams/upstream.ts'

const repository = path.resolve(import.meta.dirname, '../../..')
const GRAPHQL = '/graphql'
/** The subgraph that knows API keys. */
const KEY_ISSUER = 'enterprise'
/** How often it is looked for those who send too slowly. */
const LATE_CHECK_MS = 1_000
/** Requests in hand get this long to finish when the gateway stops. */
const DRAIN_MS = 5_000

/** Rejects, naming what is wrong, where the supergraph cannot be enforced here or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, clock, introspection = true } = options
  const source = options.supergraph ?? fileSource(path.join(repository, 'supergraph.graphql'))
  const supergraphSdl = await readSupergraph(source)
  const metrics = new GatewayMetrics(options.metrics)
  const { operationLines: lines } = options
  const records = new Records({ log, metrics, ...(lines ? { lines } : {}) })
  const upstreams = openUpstreams(options.upstreams)
  const issuer = upstreams.get(KEY_ISSUER)
  if (!issuer) throw new Error(`The gateway needs the upstream ${KEY_ISSUER}, which knows API keys`)
  const authentication = new Authentication(options.verifier, new ApiKeys(issuer, clock))
  const kept = await KeptAnswers.follow(options)
  const onLimited = (rate: string) => metrics.limited.inc({ rate })
  const rates = new Rates({ cache: options.cache, clock, log, scale: options.rateScale ?? 1, onLimited })
  const gate = new Gate(rates)
  const addresses = new Addresses(options.trustedProxies ?? [])
  const admissions = new Admissions({ rates, policies: new Map([...rolePolicies, ...(options.policies ?? [])]) })
  const sources = liveSources(upstreams, options, metrics)
  const subscriptions = new Subscriptions({
    upstreams,
    sources,
    admissions,
    clock,
    log,
    metrics,
    suggests: introspection,
  })
  const known = new KnownOperations()
  const apollo = await startApollo({
    supergraphSdl,
    sources: querySources(upstreams, options, metrics),
    log,
    onGraph: (graph) => {
      admissions.take(graph)
      subscriptions.use(graph)
    },
    admit: (request) => admissions.admit(request),
    known,
    answered: async (answered) => {
      records.answered(answered)
      const { identity } = answered.context.caller
      if (answered.type === 'mutation' && identity) await kept.changed(identity)
    },
    studio: options.studio,
    introspection,
  })
  const { manifest = new Manifest([]) } = options
  const warm = () =>
    apollo.warm(manifest.operations).catch((error: Error) => log.warn({ reason: error.message }, 'not all is warm'))
  void warm()
  const onLoad = (outcome: 'taken' | 'refused') => {
    metrics.supergraphLoads.inc({ outcome })
    if (outcome === 'taken') void warm()
  }
  const loader = SupergraphLoader.follow({ source, log, use: (sdl) => apollo.update(sdl), onLoad }, supergraphSdl)
  const operations = new Operations({
    manifest,
    safelisted: options.safelisted ?? [],
    cache: options.cache,
    log,
  })
  const sessions = new Sessions(authentication)
  const connections = new Connections({
    scale: options.rateScale ?? 1,
    onRefused: (limit) => metrics.refusedConnections.inc({ limit }),
  })
  const multipart = new MultipartSubscriptions({ subscriptions, sessions, connections, records })
  const examples = await readOperations(options.operationsPath ?? path.join(repository, 'tests/walkthrough'))
  let stopping = false
  const readiness = () => readinessOf(upstreams.values())
  const endpoint = new GraphqlEndpoint({
    answers: apollo.answers,
    known,
    authentication,
    addresses,
    gate,
    operations,
    multipart,
    kept,
    metrics,
    records,
  })
  const handlers = new Map<string, Handler>([
    [
      GRAPHQL,
      (request, response) =>
        wantsPage(request.headers.accept, request.method) ? toExplorer(response) : endpoint.handle(request, response),
    ],
    ['/', (_, response) => toExplorer(response)],
    ...pages(examples),
    ['/health/live', (_, response) => respondJson(response, 200, { status: 'live' })],
    [
      '/health/ready',
      async (_, response) => {
        const health = healthOf(await readiness(), stopping)
        respondJson(response, health.status === 'ready' || health.status === 'degraded' ? 200 : 503, health)
      },
    ],
    [
      '/metrics',
      async (_, response) => {
        metrics.liveSubscriptions.set(subscriptions.liveCount)
        metrics.upstreamSubscriptions.set(subscriptions.upstreamCount)
        metrics.sockets.set(sockets.count)
        respond(response, 200, metrics.registry.contentType, await metrics.registry.metrics())
      },
    ],
  ])
  const http = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: LATE_CHECK_MS,
      shouldUpgradeCallback: asksForSocket,
    },
    listener({ handlers, allowedOrigins: options.allowedOrigins ?? [], log }),
  )
  http.maxConnections = limits.connections
  const live = { subscriptions, sessions, connections, operations, gate }
  const protocol = new SocketProtocol({ server: apollo.server, ...live, records })
  const sockets = new Sockets(http, {
    path: GRAPHQL,
    allowedOrigins: options.allowedOrigins ?? [],
    protocol,
    addresses,
    gate,
    connections,
    log,
  })
  const release = async () => {
    await loader.stop()
    await kept.stop()
    sessions.close()
    rates.close()
    await apollo.server.stop()
    await Promise.all([...upstreams.values()].map((upstream) => upstream.close()))
  }
  const port = await listen(http, options).catch(async (error: Error) => {
    await release()
    throw error
  })
  const origin = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
  return {
    url: `${origin}${GRAPHQL}`,
    explorerUrl: `${origin}/explorer`,
    port,
    readiness,
    reload: () => loader.reload(),
    stop: async () => {
      if (stopping) return
      stopping = true
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      await subscriptions.drain(fault('SERVER_SHUTDOWN', 'The gateway is stopping: subscribe again later.'))
      await sockets.close()
      http.closeIdleConnections()
      const timer = setTimeout(() => http.closeAllConnections(), DRAIN_MS)
      await closed
      clearTimeout(timer)
      await release()
    },
  }
}

function openUpstreams(given: GatewayOptions['upstreams']): Map<string, Upstream> {
  return new Map(
    Object.entries(given).map(([name, upstream]) => [
      name,
      typeof upstream === 'string' ? new HttpUpstream(name, upstream) : new LocalUpstream(name, upstream),
    ]),
  )
}

function querySources(
  upstreams: ReadonlyMap<string, Upstream>,
  { log, clock }: GatewayOptions,
  { fetched: onFetched }: GatewayMetrics,
) {
  return Object.fromEntries(
    [...upstreams].map(([name, upstream]) => [
      name,
      new UpstreamDataSource(upstream, {
        timeoutMs: limits.fetchMs,
        log,
        breaker: new Breaker(clock),
        retriesReads: true,
        onFetched,
      }),
    ]),
  )
}

/** What joins a live event must be quick: a breaker keeps a subgraph that hangs from slowing every event. */
function liveSources(
  upstreams: ReadonlyMap<string, Upstream>,
  { log, clock, liveJoinMs = limits.liveJoinMs }: GatewayOptions,
  { fetched: onFetched }: GatewayMetrics,
) {
  return Object.fromEntries(
    [...upstreams].map(([name, upstream]) => [
      name,
      new UpstreamDataSource(upstream, {
        timeoutMs: liveJoinMs,
        log,
        breaker: new Breaker(clock),
        retriesReads: false,
        onFetched,
      }),
    ]),
  )
}

function pages(examples: readonly ExampleOperation[]): [string, Handler][] {
  return [
    ['/explorer', altairPage(GRAPHQL, examples)],
    ['/explorer/', altairFiles],
    ['/sandbox', sandboxPage(GRAPHQL, examples[0]?.query ?? '{ __typename }')],
  ]
}

function wantsPage(accept: string | undefined, method: string | undefined): boolean {
  return method === 'GET' && accept !== undefined && accept.includes('text/html')
}

function toExplorer(response: Parameters<Handler>[1]): void {
  response.writeHead(302, { location: '/explorer' }).end()
}

async function listen(http: Server, { host, port }: GatewayOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, host, () => {
      http.off('error', reject)
      resolve()
    })
  })
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('The gateway does not listen on a port')
  return address.port
}
