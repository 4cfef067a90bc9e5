import { eventConsumers, RabbitTransport } from '@opsource/bus'
import { RedisCache } from '@opsource/cache'
import { type Domain, migrate } from '@opsource/database'
import { followRevocations, httpSource, TokenVerifier } from '@opsource/identity'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { startTracing } from '@opsource/tracing'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { listen } from '../http-server.ts'
import type { Ports, Subgraph } from '../subgraph.ts'
import { wellKnownDocument } from '../well-known.ts'
import type { ServiceConfig } from './environment.ts'
import { stopOnSignal } from './stop.ts'

export interface ServiceDefinition<Config extends ServiceConfig> {
  readonly domain: Domain
  readonly readConfig: () => Config
  readonly start: (ports: Ports, config: Config) => Promise<Subgraph>
  /** Whether it serves the keys and revocations itself, rather than asking enterprise. */
  readonly issuesTokens?: boolean
}

/** Runs a domain as a process of its own, on real servers, until SIGINT or SIGTERM. */
export function runService<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): void {
  serve(definition).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${definition.domain} cannot start: ${reason}\n`)
    process.exit(1)
  })
}

async function serve<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Promise<void> {
  const { domain } = definition
  const config = definition.readConfig()
  const log = pino({ level: config.LOG_LEVEL, base: { service: domain } })
  const endTracing = startTracing({
    service: domain,
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    share: config.OTEL_TRACES_SAMPLER_ARG,
  })
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  await migrate(domain, config.DATABASE_URL)
  const cache = new RedisCache({ url: config.REDIS_URL, log })
  const transport = await RabbitTransport.connect({ url: config.RABBITMQ_URL, log, consumers: eventConsumers })

  const issuer: { subgraph?: Subgraph } = {}
  const document = (name: string) => {
    const path = `/.well-known/${name}.json`
    return definition.issuesTokens
      ? () => wellKnownDocument(issuer.subgraph, path)
      : httpSource(new URL(path, config.ENTERPRISE_URL).href)
  }
  const verifier = new TokenVerifier({
    keys: document('jwks'),
    revocations: document('revocations'),
    clock: systemClock,
  })
  const ports = { cache, transport, verifier, clock: systemClock, random: systemRandom, log, metrics }
  const ids = new IdSource(systemClock, systemRandom)
  const subgraph = await definition.start({ ...ports, ids, databaseUrl: config.DATABASE_URL }, config)
  issuer.subgraph = subgraph
  const unfollow = await followRevocations(verifier, { transport, log })
  if (definition.issuesTokens) await verifier.load()
  const listening = await listen(subgraph, { host: config.HOST, port: config.PORT, log, metrics })
  log.info({ host: config.HOST, port: listening.port }, `${domain} listens`)

  stopOnSignal(domain, log, async () => {
    await listening.close()
    await unfollow()
    await transport.close()
    await cache.close()
    await endTracing()
  })
}
