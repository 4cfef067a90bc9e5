import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { servicesMissing } from '../journeys/stage.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { endLeadingSession } from '../support/leading-session.ts'
import { type RabbitServer, startRabbit } from '../support/rabbitmq.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { freePort } from '../support/server-process.ts'

const READY_LIMIT_MS = 60_000
/** On an idle machine well below a second: the projections, streams and consumers of a whole service begin with it. */
const TAKEOVER_LIMIT_MS = 10_000
const POLL_MS = 20

/** dash33 as `npm run dash33` starts it. */
class Service {
  readonly port: number
  readonly child: ChildProcess
  readonly exited: Promise<number | null>
  errors = ''

  constructor(env: NodeJS.ProcessEnv, port: number, args: readonly string[] = []) {
    this.port = port
    this.child = spawn(process.execPath, ['subgraphs/dash33/src/main.ts', ...args], {
      env: { ...process.env, ...env, PORT: String(port), LOG_LEVEL: 'error' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.child.stderr?.on('data', (text: Buffer) => {
      this.errors += text
    })
    // 'exit' may come before its last words are read.
    this.exited = new Promise((resolve) => this.child.once('close', resolve))
  }

  /** @returns what it says of its readiness; null where nobody listens. */
  async readiness(): Promise<string | null> {
    const url = `http://127.0.0.1:${this.port}/health/ready`
    return fetch(url)
      .then(async (answer) => `${answer.status} ${((await answer.json()) as { status: string }).status}`)
      .catch(() => null)
  }

  async says(readiness: string, limitMs = READY_LIMIT_MS): Promise<void> {
    const until = performance.now() + limitMs
    while ((await this.readiness()) !== readiness) {
      if (performance.now() > until) throw new Error(`never ${readiness}: ${this.errors}`)
      await sleep(POLL_MS)
    }
  }

  async markets(): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ markets { symbol } }' }),
    })
    return answer.json()
  }
}

/** All that a service asks enterprise for: whose signatures count, and whose no longer do. */
async function startIssuer(): Promise<Server> {
  const { publicKey } = await generateKeyPair('RS256', { extractable: true })
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'drill', alg: 'RS256', use: 'sig' }]
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(request.url?.includes('jwks') ? { keys } : { revocations: [] }))
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  env.ENTERPRISE_URL = `http://127.0.0.1:${port}`
  return server
}

const drill = test.runIf(servicesMissing === null)
let database: FreshDatabase
let redis: RedisServer
let rabbit: RabbitServer
let issuer: Server
let services: Service[] = []
let env: NodeJS.ProcessEnv = {}

beforeEach(async () => {
  if (servicesMissing !== null) return
  database = await freshDatabase('dash33')
  redis = await startRedis()
  rabbit = await startRabbit()
  env = { DATABASE_URL: database.url, REDIS_URL: redis.url, RABBITMQ_URL: rabbit.url }
  issuer = await startIssuer()
  services = []
})

afterEach(async () => {
  for (const { child } of services) child.kill('SIGKILL')
  await Promise.all(services.map(({ exited }) => exited))
  issuer?.close()
  await rabbit?.stop()
  await redis?.stop()
  await database?.drop()
})

async function started(...args: string[]): Promise<Service> {
  const service = new Service(env, await freePort(), args)
  services.push(service)
  return service
}

drill(
  'a standby says so, takes over when the leader is killed, and serves like any other; a second leader refuses',
  async () => {
    const leader = await started()
    await leader.says('200 ready')
    const standby = await started('--standby')
    await standby.says('503 standby')

    const second = await started()
    expect(await second.exited).toBe(1)
    expect(second.errors).toBe(
      'dash33 cannot start: another engine holds the journal; one started with --standby would wait for its place\n',
    )

    const killedAt = performance.now()
    leader.child.kill('SIGKILL')
    await standby.says('200 ready', TAKEOVER_LIMIT_MS)
    console.log(`the service's takeover: ${Math.round(performance.now() - killedAt)} ms`)
    expect(await standby.markets()).toEqual({ data: { markets: [{ symbol: 'BTC-USDT' }, { symbol: 'ETH-USDT' }] } })

    // On the dead leader's own port too, as on one machine.
    const next = new Service(env, standby.port, ['--standby'])
    services.push(next)
    await sleep(3_000)
    standby.child.kill('SIGKILL')
    await standby.exited
    await next.says('200 ready', READY_LIMIT_MS)
  },
)

drill('a leader that loses its lock but lives on says why and ends, and the standby serves in its place', async () => {
  const leader = await started()
  await leader.says('200 ready')
  const standby = await started('--standby')
  await standby.says('503 standby')
  await endLeadingSession(database.url)
  await standby.says('200 ready', TAKEOVER_LIMIT_MS)
  expect(await leader.exited).toBe(1)
  expect(leader.errors).toContain('dash33 ends: another engine has taken over the journal')
  expect(await standby.markets()).toEqual({ data: { markets: [{ symbol: 'BTC-USDT' }, { symbol: 'ETH-USDT' }] } })
})
