import path from 'node:path'
import { z } from 'zod'

const REPOSITORY = path.resolve(import.meta.dirname, '../../..')

const serviceSchema = z.object({
  /** Loopback: whoever puts the service on a network says so. */
  HOST: z.string().default('127.0.0.1'),
  /** Where the gateway and the other services expect the back office. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4103),
  /** The domain's own role on its own schema. No default: a service of its own has a server of its own. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** Carries events between domains. */
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).default('amqp://127.0.0.1:5672'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

const adminSchema = z.object({
  /** The domain's own (`?schema=enterprise`) or an administrator's URL. Without it: the embedded PostgreSQL of `npm start`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Where `npm start` keeps its data. */
  OPSOURCE_DATA: z.string().default(path.join(REPOSITORY, '.data')),
  /** Keys the roles' passwords, where it was given to `npm run services` too. */
  OPSOURCE_ROLE_SECRET: z.string().min(16).optional(),
})

export type EnterpriseConfig = z.infer<typeof serviceSchema>
export type AdminConfig = z.infer<typeof adminSchema>
type Environment = Readonly<Record<string, string | undefined>>

/** Throws, naming the variable, where one cannot be read. */
export const readConfig = (environment: Environment = process.env): EnterpriseConfig =>
  parse(serviceSchema, environment)

/** Throws, naming the variable, where one cannot be read. */
export const readAdminConfig = (environment: Environment = process.env): AdminConfig => parse(adminSchema, environment)

function parse<T>(schema: z.ZodType<T>, environment: Environment): T {
  const parsed = schema.safeParse(environment)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`)
}
