import path from 'node:path'
import type { PlatformPlace } from '@opsource/database'
import { type Environment, parseEnvironment, serviceSchema } from '@opsource/subgraph/service'
import { z } from 'zod'
import { DEFAULT_PROXIES, parseProxies } from './risk/proxies.ts'

const symbols = z
  .string()
  .transform((text) => text.split(','))
  .pipe(
    z
      .array(z.string().regex(/^[A-Z0-9]+-[A-Z0-9]+$/))
      .min(1)
      .max(64),
  )

const proxies = z.string().transform((text, context) => {
  const read = parseProxies(text)
  if (read) return read
  context.addIssue({ code: 'custom', message: 'is not MARKET=REFERENCE,…' })
  return z.NEVER
})

const DEFAULT_PORT = 4102
const REPOSITORY = path.resolve(import.meta.dirname, '../../..')

const environmentSchema = serviceSchema(DEFAULT_PORT).extend({
  /** The markets to forecast: those that the exchange lists. */
  ANYA_MARKETS: symbols.default(['BTC-USDT', 'ETH-USDT']),
  /** Another folder with `manifest.json` and its ONNX file; without it the one that comes with the code serves. */
  ANYA_MODELS: z.string().optional(),
  /** Where files are kept that outlive the process: rows of features. One process at a time writes there. */
  ANYA_DATA: z.string().default(path.join(REPOSITORY, '.data/anya')),
  /** Versions of each line of models whose files are kept: as many as the graph lists. */
  ANYA_MODEL_VERSIONS: z.coerce.number().int().min(1).max(10_000).default(100),
  /** How long a training may run, in minutes. */
  ANYA_TRAINING_MINUTES: z.coerce.number().min(1).max(1_440).default(120),
  /** Which reference market stands for a market without a past of its own, where risk is assessed. */
  ANYA_RISK_PROXIES: proxies.prefault(DEFAULT_PROXIES),
})

export type AnyaConfig = z.infer<typeof environmentSchema>

/** Throws, naming the variable, where one cannot be read. */
export const readConfig = (environment: Environment = process.env): AnyaConfig =>
  parseEnvironment(environmentSchema, environment)

const platformSchema = z.object({
  /** The domain's own (`?schema=anya`) or an administrator's URL. Without it: the embedded PostgreSQL of `npm start`. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Where `npm start` keeps its data. */
  OPSOURCE_DATA: z.string().default(path.join(REPOSITORY, '.data')),
  /** Keys the roles' passwords, where it was given to `npm run services` too. */
  OPSOURCE_ROLE_SECRET: z.string().min(16).optional(),
})

/** Where commands find the platform that they work for. Throws, naming the variable, where one cannot be read. */
export function platformPlace(environment: Environment = process.env): PlatformPlace {
  const given = parseEnvironment(platformSchema, environment)
  return {
    databaseUrl: given.DATABASE_URL,
    dataDirectory: given.OPSOURCE_DATA,
    secret: given.OPSOURCE_ROLE_SECRET,
  }
}

const mlflowSchema = z.object({
  /** The tracking server that models are exported to and imported from, such as `http://mlflow.internal:5000`. */
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/ }),
  /** Sent to it as a bearer token; none unless given. */
  MLFLOW_TRACKING_TOKEN: z.string().optional(),
})

/** The MLflow server that models are exchanged with. Throws, naming the variable, where one is missing. */
export function mlflowSettings(environment: Environment = process.env) {
  const given = parseEnvironment(mlflowSchema, environment)
  const { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: token } = given
  return { url, ...(token ? { token } : {}) }
}
