import { createServer, type Server } from 'node:http'
import path from 'node:path'
import { type Engine, openEngine, repository } from './engine.ts'
import { fault } from './errors.ts'
import { readOperations } from './explorer/operations.ts'
import type { Gateway, GatewayOptions } from './gateway-options.ts'
import { Addresses } from './identity/addresses.ts'
import { limits } from './limits/limits.ts'
import { GraphqlEndpoint } from './server/graphql.ts'
import { handlersOf } from './server/handlers.ts'
import { healthOf, readinessOf } from './server/health.ts'
import { MultipartSubscriptions } from './server/multipart.ts'
import { listener } from './server/routes.ts'
import { asksForSocket, Sockets } from './server/sockets.ts'
import { SocketProtocol } from './server/websocket.ts'

const GRAPHQL = '/graphql'
/** How often it is looked for those who send too slowly. */
const LATE_CHECK_MS = 1_000
/** Requests in hand get this long to finish when the gateway stops. */
const DRAIN_MS = 5_000

/** Rejects, naming what is wrong, where the supergraph cannot be enforced here or the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, allowedOrigins = [] } = options
  const examples = await readOperations(options.operationsPath ?? path.join(repository, 'tests/walkthrough'))
  const addresses = new Addresses(options.trustedProxies ?? [])
  const engine = await openEngine(options)
  const { metrics, subscriptions, gate, connections } = engine
  let stopping = false
  const readiness = () => readinessOf(engine.upstreams.values())
  const handlers = handlersOf({
    path: GRAPHQL,
    endpoint: endpointOf(engine, addresses),
    examples,
    health: async () => healthOf(await readiness(), stopping),
    metrics: async () => {
      metrics.liveSubscriptions.set(subscriptions.liveCount)
      metrics.upstreamSubscriptions.set(subscriptions.upstreamCount)
      metrics.sockets.set(sockets.count)
      return { type: metrics.registry.contentType, text: await metrics.registry.metrics() }
    },
  })
  const http = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: LATE_CHECK_MS,
      shouldUpgradeCallback: asksForSocket,
    },
    listener({ handlers, allowedOrigins, log }),
  )
  http.maxConnections = limits.connections
  const protocol = new SocketProtocol({ ...engine, server: engine.apollo.server })
  const sockets = new Sockets(http, { path: GRAPHQL, allowedOrigins, protocol, addresses, gate, connections, log })
  const port = await listen(http, options).catch(async (error: Error) => {
    await engine.close()
    throw error
  })
  const origin = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
  return {
    url: `${origin}${GRAPHQL}`,
    explorerUrl: `${origin}/explorer`,
    port,
    readiness,
    reload: () => engine.reload(),
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
      await engine.close()
    },
  }
}

function endpointOf(engine: Engine, addresses: Addresses): GraphqlEndpoint {
  const multipart = new MultipartSubscriptions(engine)
  return new GraphqlEndpoint({ ...engine, answers: engine.apollo.answers, addresses, multipart })
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
