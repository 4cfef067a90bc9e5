import { z } from 'zod'

const environmentSchema = z.object({
  /** Loopback: whoever puts the service on a network says so. */
  HOST: z.string().default('127.0.0.1'),
  /** Where the gateway expects the exchange. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4101),
  /** The domain's own role on its own schema. No default: a service of its own has a server of its own. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Carries market data to whoever follows it. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** Carries events between domains. */
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).default('amqp://127.0.0.1:5672'),
  /** Whose signatures count. */
  ENTERPRISE_URL: z.url().default('http://127.0.0.1:4103'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

export type Dash33Config = z.infer<typeof environmentSchema>

/** Throws, naming the variable, where one cannot be read. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Dash33Config {
  const parsed = environmentSchema.safeParse(environment)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`)
}
