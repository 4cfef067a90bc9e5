import { RabbitTransport } from '@opsource/bus'
import { RedisCache } from '@opsource/cache'
import { followRevocations, httpSource, TokenVerifier } from '@opsource/identity'
import { systemClock } from '@opsource/kernel'
import { stopOnSignal } from '@opsource/subgraph/service'
import { startTracing } from '@opsource/tracing'
import type { Logger } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { type GatewayConfig, readConfig } from './config.ts'
import { startGateway } from './gateway.ts'
import type { GatewayOptions } from './gateway-options.ts'
import { readManifest } from './operations/manifest.ts'
import { openLog } from './server/log.ts'
import { uplinkSource } from './studio/uplink.ts'
import { composingSource } from './supergraph/composing-source.ts'
import { fileSource } from './supergraph/file-source.ts'

const BYTES_PER_MB = 1024 * 1024

/** The gateway as a service of its own, before four subgraphs that are reached over HTTP. */
async function main(): Promise<void> {
  const config = readConfig()
  const { log, operationLines } = openLog({ level: config.LOG_LEVEL, clock: systemClock })
  const endTracing = startTracing({
    service: 'gateway',
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    share: config.OTEL_TRACES_SAMPLER_ARG,
  })
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  const transport = await RabbitTransport.connect({ url: config.RABBITMQ_URL, log })
  const cache = new RedisCache({ url: config.REDIS_URL, log })
  const wellKnown = (name: string) => httpSource(new URL(`/.well-known/${name}.json`, config.ENTERPRISE_URL).href)
  const verifier = new TokenVerifier({
    keys: wellKnown('jwks'),
    revocations: wellKnown('revocations'),
    clock: systemClock,
  })
  const unfollow = await followRevocations(verifier, { transport, log })
  const gateway = await startGateway({
    host: config.HOST,
    port: config.PORT,
    upstreams: {
      dash33: config.DASH33_URL,
      anya: config.ANYA_URL,
      enterprise: config.ENTERPRISE_URL,
      mobile: config.MOBILE_URL,
    },
    verifier,
    cache,
    transport,
    clock: systemClock,
    log,
    operationLines,
    metrics,
    allowedOrigins: config.ALLOWED_ORIGINS,
    trustedProxies: config.TRUSTED_PROXIES,
    rateScale: config.RATE_LIMIT_SCALE,
    maxAnswerBytes: config.SUBGRAPH_ANSWER_MB * BYTES_PER_MB,
    safelisted: config.SAFELIST,
    ...(config.OPERATION_MANIFEST === undefined ? {} : { manifest: await readManifest(config.OPERATION_MANIFEST) }),
    introspection: config.INTROSPECTION ? config.INTROSPECTION === 'true' : config.NODE_ENV !== 'production',
    ...studioOf(config),
    ...supergraphOf(config, log),
  })
  log.info({ url: gateway.url, explorer: gateway.explorerUrl }, 'the gateway listens')
  process.on('SIGHUP', () => {
    // What went wrong is in the log.
    gateway.reload().catch(() => {})
  })
  stopOnSignal('the gateway', log, async () => {
    await gateway.stop()
    await unfollow()
    await transport.close()
    await cache.close()
    await endTracing()
  })
}

function supergraphOf(config: GatewayConfig, log: Logger): Pick<GatewayOptions, 'supergraph'> {
  if (config.SUPERGRAPH_CONFIG !== undefined) return { supergraph: composingSource(config.SUPERGRAPH_CONFIG) }
  if (config.SUPERGRAPH_PATH !== undefined) return { supergraph: fileSource(config.SUPERGRAPH_PATH) }
  const { APOLLO_KEY: key, APOLLO_GRAPH_REF: graphRef, APOLLO_UPLINK_ENDPOINTS: endpoints } = config
  if (key === undefined || graphRef === undefined) return {}
  return { supergraph: uplinkSource({ key, graphRef, log, ...(endpoints.length > 0 ? { endpoints } : {}) }) }
}

function studioOf(config: GatewayConfig): Pick<GatewayOptions, 'studio'> {
  const { APOLLO_KEY: key, APOLLO_GRAPH_REF: graphRef, APOLLO_TRACE_SHARE: traceShare } = config
  if (key === undefined || graphRef === undefined) return {}
  const { APOLLO_USAGE_ENDPOINT: usageEndpoint } = config
  return { studio: { key, graphRef, traceShare, ...(usageEndpoint === undefined ? {} : { usageEndpoint }) } }
}

main().catch((error: Error) => {
  process.stderr.write(`The gateway cannot start: ${error.message}\n`)
  process.exit(1)
})
