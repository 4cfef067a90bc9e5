// npm run services: gateway and four subgraphs as five processes against your own PostgreSQL, Redis and RabbitMQ.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defaultPorts, Fleet, type ServiceName } from './services/fleet.ts'
import { unreachable } from './services/reachable.ts'

/** npm and the terminal may both deliver one Ctrl-C. */
const SAME_SIGNAL_MS = 1_500
const NAME_WIDTH = 10

const environmentSchema = z.object({
  /** An administrator's, who may make roles: each service gets a role of its own. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }),
  /** Where the administrator logs in without a password there is nothing else to derive the roles' passwords from. */
  OPSOURCE_ROLE_SECRET: z.string().min(16).optional(),
})

const parsed = environmentSchema.safeParse(process.env)
if (!parsed.success) {
  for (const { path, message } of parsed.error.issues) {
    const name = String(path[0])
    console.error(`✗ ${name} ${process.env[name] ? `is of no use: ${message}` : 'is not set'}`)
  }
  console.error('  npm run services needs DATABASE_URL, REDIS_URL and RABBITMQ_URL; npm start needs nothing.')
  process.exit(1)
}
const { DATABASE_URL, REDIS_URL, RABBITMQ_URL, OPSOURCE_ROLE_SECRET } = parsed.data
for (const [name, url] of Object.entries({ DATABASE_URL, REDIS_URL, RABBITMQ_URL })) {
  const reason = await unreachable(url)
  if (reason === null) continue
  console.error(`✗ ${name}: ${reason}`)
  process.exitCode = 1
}
if (process.exitCode === 1) process.exit()

let stopping = false
let stoppedAt = 0
let lost = false
const tell = (name: ServiceName, line: string) => console.log(`${name.padEnd(NAME_WIDTH)} │ ${line}`)
const starting = Fleet.start({
  databaseUrl: DATABASE_URL,
  redisUrl: REDIS_URL,
  rabbitUrl: RABBITMQ_URL,
  ports: defaultPorts,
  tell,
  onLost: (name, reason) => {
    lost = true
    console.error(`✗ ${name} ended (${reason}); the others go on without it`)
  },
  ...(OPSOURCE_ROLE_SECRET ? { roleSecret: OPSOURCE_ROLE_SECRET } : {}),
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())

try {
  const fleet = await starting
  console.log(`✓ five services are ready in ${process.uptime().toFixed(1)} s: ${fleet.graphqlUrl}`)
  console.log(`  explorer ${new URL('/explorer', fleet.graphqlUrl).href}; Ctrl-C drains and stops them`)
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

async function stop(): Promise<void> {
  const since = performance.now() - stoppedAt
  if (stopping && since > SAME_SIGNAL_MS) process.exit(1)
  if (stopping) return
  stopping = true
  stoppedAt = performance.now()
  console.log('stopping …')
  const fleet = await starting.catch(() => sleep(0).then(() => process.exit(1)))
  const killed = await fleet.stop()
  if (killed.length > 0) console.error(`✗ did not drain in time: ${killed.join(', ')}`)
  else console.log('✓ stopped')
  process.exit(killed.length > 0 || lost ? 1 : 0)
}
