import { eventConsumers, RabbitTransport } from '@opsource/bus'
import { RedisCache } from '@opsource/cache'
import { migrate } from '@opsource/database'
import { followRevocations, TokenVerifier } from '@opsource/identity'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { listen, type Subgraph } from '@opsource/subgraph'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { readConfig } from './config.ts'
import { startEnterprise } from './features.ts'

/** The back office as a service of its own. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = pino({ level: config.LOG_LEVEL, base: { service: 'enterprise' } })
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  await migrate('enterprise', config.DATABASE_URL)
  const cache = new RedisCache({ url: config.REDIS_URL, log })
  const transport = await RabbitTransport.connect({ url: config.RABBITMQ_URL, log, consumers: eventConsumers })
  // It believes itself for the same reasons as everyone else: what its own documents say.
  const issuer: { subgraph?: Subgraph } = {}
  const document = (path: string) => async () => {
    const route = issuer.subgraph?.routes.find((known) => known.path === path)
    if (!route) throw new Error(`${path} is not served yet`)
    return route.answer()
  }
  const verifier = new TokenVerifier({
    keys: document('/.well-known/jwks.json'),
    revocations: document('/.well-known/revocations.json'),
    clock: systemClock,
  })
  const subgraph = await startEnterprise({
    databaseUrl: config.DATABASE_URL,
    cache,
    transport,
    verifier,
    clock: systemClock,
    random: systemRandom,
    ids: new IdSource(systemClock, systemRandom),
    log,
    metrics,
  })
  issuer.subgraph = subgraph
  const unfollow = await followRevocations(verifier, { transport, log })
  await verifier.load()
  const listening = await listen(subgraph, { host: config.HOST, port: config.PORT, log, metrics })
  log.info({ host: config.HOST, port: listening.port }, 'enterprise listens')
  const stop = async () => {
    await listening.close()
    await unfollow()
    await transport.close()
    await cache.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop().catch((error: unknown) => {
        log.error({ err: error }, 'enterprise did not stop cleanly')
        process.exitCode = 1
      })
    })
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`enterprise cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
