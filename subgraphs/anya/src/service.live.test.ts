import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type CloudEvent, RabbitTransport } from '@opsource/bus'
import { RedisCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../tests/support/database.ts'
import { rabbitMissing, startRabbit } from '../../../tests/support/rabbitmq.ts'
import { redisMissing, startRedis } from '../../../tests/support/redis.ts'
import { freePort, ServerProcess, serversAreRequired } from '../../../tests/support/server-process.ts'
import { SyntheticMarket } from './testing/synthetic-market.ts'

const missing = redisMissing ?? rabbitMissing
const log = pino({ level: 'silent' })

/** What enterprise serves, so that a service can be sure whom to believe: nobody yet. */
async function startIssuer() {
  const server = createServer((_, response) => response.end('{"keys":[],"revocations":[]}'))
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(resolve)) }
}

test.skipIf(missing !== null && !serversAreRequired)(
  `the analyst as a process of its own forecasts what comes over Redis, and tells of it over RabbitMQ${missing ? ` (${missing})` : ''}`,
  { timeout: 120_000 },
  async () => {
    await using stack = new AsyncDisposableStack()
    const database = await freshDatabase('anya')
    stack.defer(() => database.drop())
    const [redis, rabbit] = await Promise.all([startRedis(), startRabbit()])
    stack.defer(async () => void (await Promise.all([redis.stop(), rabbit.stop()])))
    const cache = new RedisCache({ url: redis.url, log })
    const transport = await RabbitTransport.connect({ url: rabbit.url, log })
    stack.defer(async () => void (await Promise.all([cache.close(), transport.close()])))
    const announced: CloudEvent[] = []
    await transport.listen(['prediction.made'], async (events) => void announced.push(...events))
    const market = new SyntheticMarket({ cache, clock: systemClock }, 'BTC-USDT')
    await market.open()
    const data = await mkdtemp(path.join(tmpdir(), 'opsource-anya-'))
    stack.defer(() => rm(data, { recursive: true, force: true }))
    const issuer = await startIssuer()
    stack.defer(async () => void (await issuer.close()))
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`

    const service = new ServerProcess(process.execPath, [path.join(import.meta.dirname, 'main.ts')], {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      RABBITMQ_URL: rabbit.url,
      ANYA_DATA: data,
      ENTERPRISE_URL: issuer.url,
      PORT: String(port),
      LOG_LEVEL: 'warn',
    })
    stack.defer(() => service.end('SIGTERM'))
    await service.ready(async () => {
      const { status } = await fetch(`${url}/health/ready`)
      if (status !== 200) throw new Error(`not ready: ${status}`)
    })
    const life = setInterval(() => void market.move(0), 250)
    stack.defer(async () => clearInterval(life))

    await expect.poll(() => announced.length, { timeout: 30_000 }).toBeGreaterThan(0)
    const query =
      '{ models { champion { version } } _entities(representations: [{ __typename: "Market", symbol: "BTC-USDT" }]) { ... on Market { prediction { id direction } } } }'
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    expect(await response.json()).toEqual({
      data: {
        models: [{ champion: { version: 1 } }],
        _entities: [{ prediction: { id: expect.stringMatching(/^prd_/), direction: 'UP' } }],
      },
    })
    expect(announced[0]).toMatchObject({ source: 'anya', subject: 'BTC-USDT', data: { model: 'mid-direction' } })
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('opsource_anya_predictions_total')
  },
)
