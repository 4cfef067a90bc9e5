import { tracingEnvironment } from '@opsource/tracing'
import { z } from 'zod'
import { clientClassSchema } from './operations/client-class.ts'

/** For tools that expand `${env.NAME}` themselves. */
export const environment: Readonly<Record<string, string | undefined>> = process.env

/** Telemetry of @apollo/gateway dials Apollo unless this is set before its first object is made. Nothing here dials out. */
export function silenceTelemetry(): void {
  process.env.APOLLO_TELEMETRY_DISABLED = 'true'
}

const port = z.coerce.number().int().min(0).max(65_535)
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

const configSchema = z.object({
  /** Loopback: whoever opens the gateway to a network says so. */
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4000),
  /** The subgraphs' own defaults. */
  DASH33_URL: z.url().default('http://127.0.0.1:4101/graphql'),
  ANYA_URL: z.url().default('http://127.0.0.1:4102/graphql'),
  ENTERPRISE_URL: z.url().default('http://127.0.0.1:4103/graphql'),
  MOBILE_URL: z.url().default('http://127.0.0.1:4104/graphql'),
  /** Carries revocations between services at once. */
  RABBITMQ_URL: z.url().default('amqp://127.0.0.1:5672'),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** A composed supergraph, followed as it changes; the repository's own by default. */
  SUPERGRAPH_PATH: z.string().optional(),
  /** For development: a `supergraph.yaml` whose subgraphs the gateway composes by itself whenever one changes. */
  SUPERGRAPH_CONFIG: z.string().optional(),
  /** Of Apollo Studio, with the graph's reference: then operations are reported there, and the supergraph comes from Uplink unless a variable above names one. */
  APOLLO_KEY: z.string().min(1).optional(),
  APOLLO_GRAPH_REF: z.string().min(1).optional(),
  /** Of all requests, the share that is timed field by field for Apollo Studio. */
  APOLLO_TRACE_SHARE: z.coerce.number().min(0).max(1).default(0.01),
  /** Where Apollo's own addresses are not reached directly: a proxy's. */
  APOLLO_UPLINK_ENDPOINTS: list.default([]),
  APOLLO_USAGE_ENDPOINT: z.url().optional(),
  /** Whether clients may ask for the schema, and errors suggest names from it; not in production unless it says so. */
  INTROSPECTION: z.enum(['true', 'false']).optional(),
  NODE_ENV: z.string().default('development'),
  ...tracingEnvironment,
  /** A manifest of registered operations, as Apollo's tools write it. */
  OPERATION_MANIFEST: z.string().optional(),
  /** Who may run only what the manifest lists: ANONYMOUS or roles, separated by commas. */
  SAFELIST: list.pipe(z.array(clientClassSchema)).default([]),
  /** Browsers on these origins may call, separated by commas. None by default: the explorer is on the gateway's own. */
  ALLOWED_ORIGINS: list.default([]),
  /** Proxies whose `X-Forwarded-For` is believed, separated by commas: addresses, or networks such as `10.0.0.0/8`. */
  TRUSTED_PROXIES: list.default([]),
  /** Multiplies all rates that callers are held to: more than 1 for load tests. */
  RATE_LIMIT_SCALE: z.coerce.number().positive().default(1),
  /** Of one answer of a subgraph, in MB: what is larger is not read to its end. */
  SUBGRAPH_ANSWER_MB: z.coerce.number().positive().max(512).default(32),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

export type GatewayConfig = z.infer<typeof configSchema>

/** @throws Error naming every variable that cannot be read. */
export function readConfig(): GatewayConfig {
  const parsed = configSchema.safeParse(environment)
  if (!parsed.success) throw new Error(`The environment cannot be read:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}
