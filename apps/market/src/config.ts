import path from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'

/** Thrown where the command line or the environment cannot be used; the message is for people. */
export class UsageError extends Error {}

export const USAGE = `usage: npm run market -- [options]
  --exchange NAME  follow another exchange as it happens, by ccxt's name of it, such as kraken (needs the internet)
  --symbols A,B    markets to follow there (all that both have)
  --data DIR       folder of recorded files (data/binance-btc-eth-2024-08-08)
  --speed N|max    multiple of real time (1)
  --loop           begin again at the end, until stopped; --once, the default, plays once
  --depth N        levels of each side to mirror, 1 to 100 (20)
  --seed N         names the run's orders: the same seed gives the same keys (random)
  --seconds N      stop after so much recorded time (all of it)
  --report         judge the book after every recorded diff
  --gateway URL    the graph (http://127.0.0.1:4000/graphql)
The environment holds the API keys: OPSOURCE_MAKER_KEY, OPSOURCE_TAKER_KEY, OPSOURCE_OPERATOR_KEY (the demo's).`

const DEFAULT_DATA = path.resolve(import.meta.dirname, '../../../data/binance-btc-eth-2024-08-08')
const key = (fallback: string) => z.string().startsWith('opk_').default(fallback)

const argumentsSchema = z
  .object({
    exchange: z
      .string()
      .regex(/^[a-z0-9]+$/)
      .optional(),
    symbols: z
      .string()
      .regex(/^[A-Z0-9]+-[A-Z0-9]+(,[A-Z0-9]+-[A-Z0-9]+)*$/)
      .transform((text) => text.split(','))
      .default([]),
    data: z.string().default(DEFAULT_DATA),
    /** Real time, so that what is seen is what was. */
    speed: z.union([z.literal('max'), z.coerce.number().positive().max(1000)]).default(1),
    loop: z.boolean().default(false),
    once: z.boolean().default(false),
    /** Twenty levels change 256 times a second for both markets, all levels 881 times. */
    depth: z.coerce.number().int().min(1).max(100).default(20),
    seed: z.coerce.number().int().optional(),
    seconds: z.coerce.number().positive().optional(),
    report: z.boolean().default(false),
    help: z.boolean().default(false),
    gateway: z.url({ protocol: /^https?$/ }).optional(),
  })
  .refine((options) => !(options.loop && options.once), {
    message: '--loop and --once exclude each other',
    path: ['once'],
  })

const environmentSchema = z.object({
  /** Where the gateway of `npm start` listens. */
  OPSOURCE_GATEWAY_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4000/graphql'),
  /** The keys exist by default only on a platform with the demo's users. */
  OPSOURCE_MAKER_KEY: key('opk_demo_market_maker'),
  OPSOURCE_TAKER_KEY: key('opk_demo_market_taker'),
  OPSOURCE_OPERATOR_KEY: key('opk_demo_market_operator'),
})

/** What the command line and the environment ask for. */
export type Config = Omit<z.infer<typeof argumentsSchema>, 'gateway'> & {
  readonly gatewayUrl: string
  readonly keys: { readonly maker: string; readonly taker: string; readonly operator: string }
}

/** @throws UsageError naming what is wrong. */
export function readConfig(args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Config {
  const options = argumentsSchema.safeParse(parsed(args))
  if (!options.success) throw new UsageError(firstIssue(options.error, '--'))
  const variables = environmentSchema.safeParse(environment)
  if (!variables.success) throw new UsageError(firstIssue(variables.error, ''))
  const { OPSOURCE_GATEWAY_URL, OPSOURCE_MAKER_KEY, OPSOURCE_TAKER_KEY, OPSOURCE_OPERATOR_KEY } = variables.data
  const { gateway, ...rest } = options.data
  return {
    ...rest,
    gatewayUrl: gateway ?? OPSOURCE_GATEWAY_URL,
    keys: { maker: OPSOURCE_MAKER_KEY, taker: OPSOURCE_TAKER_KEY, operator: OPSOURCE_OPERATOR_KEY },
  }
}

function parsed(args: readonly string[]): unknown {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    exchange: text,
    symbols: text,
    data: text,
    speed: text,
    depth: text,
    seed: text,
    seconds: text,
    gateway: text,
    loop: flag,
    once: flag,
    report: flag,
    help: flag,
  }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function firstIssue(error: z.ZodError, prefix: string): string {
  const issue = error.issues[0]
  return `${prefix}${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be used'}`
}
