import path from 'node:path'
import { parseArgs } from 'node:util'
import { type TracingOptions, tracingEnvironment } from '@opsource/tracing'
import { z } from 'zod'
import { Refusal } from './refusal.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../..')

export const USAGE = `usage: npm start -- [options]
  --host ADDRESS   where the gateway listens (127.0.0.1); with any but a loopback address there are no demo users
  --port N         its port (4000)
  --speed N        the replayed market's multiple of real time (1)
  --no-market      no replayed market
The environment: HOST, PORT, OPSOURCE_DATA (folder of the data), DATABASE_URL (your own PostgreSQL), RATE_LIMIT_SCALE, LOG_LEVEL.`

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

const schema = z.object({
  /** Loopback: whoever opens the platform to a network says so. */
  HOST: z.string().default('127.0.0.1'),
  /** Where the explorer, the market in a box and the documents expect the gateway. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  /** In the clone, so that removing the clone removes everything. */
  OPSOURCE_DATA: z.string().default(path.join(REPOSITORY, '.data')),
  /** Without it PostgreSQL is embedded. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** What a restart needs: the disk of a demo that runs for months stays bounded. */
  DASH33_JOURNAL: z.enum(['ALL', 'SNAPSHOTS']).default('SNAPSHOTS'),
  /** More than 1 for load tests: multiplies all rates that callers are held to. */
  RATE_LIMIT_SCALE: z.coerce.number().positive().default(1),
  ...tracingEnvironment,
  speed: z.coerce.number().positive().max(1000).default(1),
  market: z.boolean().default(true),
})

export interface StandaloneConfig {
  readonly host: string
  readonly port: number
  /** Absolute. Holds PostgreSQL and the log. */
  readonly dataDirectory: string
  /** The administrator's URL of an own PostgreSQL; null: embedded. */
  readonly databaseUrl: string | null
  readonly logLevel: z.infer<typeof schema>['LOG_LEVEL']
  /** What of the exchange's journal stays. */
  readonly journal: 'ALL' | 'SNAPSHOTS'
  /** Multiplies all rates that callers are held to. */
  readonly rateScale: number
  /** Where spans go, and which share of the traces begun here. */
  readonly tracing: Omit<TracingOptions, 'service'>
  /** Users and keys whose secrets are public exist only where nobody else can reach them. */
  readonly demo: boolean
  /** Null: no market in a box. */
  readonly marketSpeed: number | null
}

/** @throws Refusal naming what cannot be read. */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StandaloneConfig {
  const { host, port, ...flags } = flagsOf(args)
  const given = { ...environment, ...(host ? { HOST: host } : {}), ...(port ? { PORT: port } : {}), ...flags }
  const parsed = schema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new Refusal(`${issue?.path.join('.')}: ${issue?.message}\n${USAGE}`)
  }
  const { HOST, PORT, OPSOURCE_DATA, DATABASE_URL, LOG_LEVEL, DASH33_JOURNAL, RATE_LIMIT_SCALE, market, speed } =
    parsed.data
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = parsed.data
  const demo = DATABASE_URL === undefined && LOOPBACK.has(HOST)
  // The market in a box trades with the demo's keys.
  const marketSpeed = market && demo ? speed : null
  return {
    host: HOST,
    port: PORT,
    dataDirectory: path.resolve(OPSOURCE_DATA),
    databaseUrl: DATABASE_URL ?? null,
    logLevel: LOG_LEVEL,
    journal: DASH33_JOURNAL,
    // Played so many times as fast, the market asks so many times as often.
    rateScale: RATE_LIMIT_SCALE * Math.max(1, marketSpeed ?? 1),
    tracing: { endpoint, share },
    demo,
    marketSpeed,
  }
}

function flagsOf(args: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    const options = { host: text, port: text, speed: text, market: { type: 'boolean' } } as const
    return parseArgs({ args: [...args], options, strict: true, allowNegative: true }).values
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}
