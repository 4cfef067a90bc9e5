import { tracingEnvironment } from '@opsource/tracing'
import { z } from 'zod'

export type Environment = Readonly<Record<string, string | undefined>>

const shared = {
  /** Loopback: whoever puts the service on a network says so. */
  HOST: z.string().default('127.0.0.1'),
  /** The domain's own role on its own schema. No default: a service of its own has a server of its own. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Carries what may be lost, market data first of all, between instances. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** Carries events between domains. */
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).default('amqp://127.0.0.1:5672'),
  /** Whose signatures count; enterprise believes itself. */
  ENTERPRISE_URL: z.url().default('http://127.0.0.1:4103'),
  ...tracingEnvironment,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
}

/** What every domain reads from the environment as a service of its own; `port` is where the gateway expects it. */
export function serviceSchema(port: number) {
  return z.object({ ...shared, PORT: z.coerce.number().int().min(0).max(65_535).default(port) })
}

export type ServiceConfig = z.infer<ReturnType<typeof serviceSchema>>

/** @throws Error naming the first variable that cannot be read. */
export function parseEnvironment<T>(schema: z.ZodType<T>, environment: Environment): T {
  const parsed = schema.safeParse(environment)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`)
}
