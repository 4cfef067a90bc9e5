import path from 'node:path'
import { type Environment, parseEnvironment, type ServiceConfig, serviceSchema } from '@opsource/subgraph/service'
import { z } from 'zod'

const REPOSITORY = path.resolve(import.meta.dirname, '../../..')

const DEFAULT_PORT = 4103

const adminSchema = z.object({
  /** The domain's own (`?schema=enterprise`) or an administrator's URL. Without it: the embedded PostgreSQL of `npm start`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Where `npm start` keeps its data. */
  OPSOURCE_DATA: z.string().default(path.join(REPOSITORY, '.data')),
  /** Keys the roles' passwords, where it was given to `npm run services` too. */
  OPSOURCE_ROLE_SECRET: z.string().min(16).optional(),
})

export type AdminConfig = z.infer<typeof adminSchema>

/** Throws, naming the variable, where one cannot be read. */
export const readConfig = (environment: Environment = process.env): ServiceConfig =>
  parseEnvironment(serviceSchema(DEFAULT_PORT), environment)

/** Throws, naming the variable, where one cannot be read. */
export const readAdminConfig = (environment: Environment = process.env): AdminConfig =>
  parseEnvironment(adminSchema, environment)
