import { eventConsumers, RabbitTransport } from '@opsource/bus'
import { RedisCache } from '@opsource/cache'
import { migrate } from '@opsource/database'
import { followRevocations, httpSource, TokenVerifier } from '@opsource/identity'
import { IdSource, systemClock, systemRandom } from '@opsource/kernel'
import { listen } from '@opsource/subgraph'
import { pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { readConfig } from './config.ts'
import { startDash33 } from './features.ts'

/** The exchange as a service of its own. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = pino({ level: config.LOG_LEVEL, base: { service: 'dash33' } })
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  await migrate('dash33', config.DATABASE_URL)
  const cache = new RedisCache({ url: config.REDIS_URL, log })
  const transport = await RabbitTransport.connect({ url: config.RABBITMQ_URL, log, consumers: eventConsumers })
  const document = (name: string) => httpSource(new URL(`/.well-known/${name}.json`, config.ENTERPRISE_URL).href)
  const verifier = new TokenVerifier({
    keys: document('jwks'),
    revocations: document('revocations'),
    clock: systemClock,
  })
  const unfollow = await followRevocations(verifier, { transport, log })
  const subgraph = await startDash33({
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
  const listening = await listen(subgraph, { host: config.HOST, port: config.PORT, log, metrics })
  log.info({ host: config.HOST, port: listening.port }, 'dash33 listens')
  const stop = async () => {
    await listening.close()
    await unfollow()
    await transport.close()
    await cache.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop().catch((error: unknown) => {
        log.error({ err: error }, 'dash33 did not stop cleanly')
        process.exitCode = 1
      })
    })
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`dash33 cannot start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
