import { z } from 'zod'

const symbols = z
  .string()
  .transform((text) => text.split(','))
  .pipe(
    z
      .array(z.string().regex(/^[A-Z0-9]+-[A-Z0-9]+$/))
      .min(1)
      .max(64),
  )

const environmentSchema = z.object({
  /** Loopback: whoever puts the service on a network says so. */
  HOST: z.string().default('127.0.0.1'),
  /** Where the gateway expects the analyst. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(4102),
  /** The domain's own role on its own schema. No default: a service of its own has a server of its own. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Carries market data and the newest forecasts between instances. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).default('redis://127.0.0.1:6379'),
  /** Carries events between domains. */
  RABBITMQ_URL: z.url({ protocol: /^amqps?$/ }).default('amqp://127.0.0.1:5672'),
  /** Whose signatures count. */
  ENTERPRISE_URL: z.url().default('http://127.0.0.1:4103'),
  /** The markets to forecast: those that the exchange lists. */
  ANYA_MARKETS: symbols.default(['BTC-USDT', 'ETH-USDT']),
  /** Another folder with `manifest.json` and its ONNX file; without it the one that comes with the code serves. */
  ANYA_MODELS: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
})

export type AnyaConfig = z.infer<typeof environmentSchema>

/** Throws, naming the variable, where one cannot be read. */
export function readConfig(environment: Readonly<Record<string, string | undefined>> = process.env): AnyaConfig {
  const parsed = environmentSchema.safeParse(environment)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`)
}

/** The database's URL alone, for tools that need nothing else; undefined where there is none. */
export function databaseUrl(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  return environment.DATABASE_URL
}
