import { readFileSync, writeFileSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { CANONICAL_ORDERS, CANONICAL_SEED, equityFlow, SCENARIOS, type Scenario } from './equity-flow.ts'
import { mixedFlow } from './mixed-flow.ts'
import { reportHash } from './report-hash.ts'
import { reportText } from './report-text.ts'
import { Workload } from './workload.ts'

const USAGE = `npm run --silent match -- FILE [--hash]
    plays a workload of the public matching-engine benchmark (plain or gzipped) and writes the canonical report, or its SHA-256
npm run --silent match -- FILE --generate w1|${Object.keys(SCENARIOS).join('|')} [--orders N] [--seed N]
    writes a workload; w1 counts messages instead of orders
`

const scenario = z.enum(Object.keys(SCENARIOS) as [Scenario, ...Scenario[]])
const options = z.object({
  file: z.string({ error: 'no FILE given' }),
  hash: z.boolean().default(false),
  generate: z.enum(['w1', ...scenario.options], { error: 'no such workload' }).optional(),
  orders: z.coerce.number().int().min(2).max(10_000_000).optional(),
  seed: z.coerce.number().int().min(0).max(0xffffffff).optional(),
})
type Options = z.infer<typeof options>

function optionsOf(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      hash: { type: 'boolean' },
      generate: { type: 'string' },
      orders: { type: 'string' },
      seed: { type: 'string' },
    },
  })
  if (positionals.length > 1) throw new Error(`one FILE, not ${positionals.length}`)
  const parsed = options.safeParse({ ...values, file: positionals[0] })
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.')}: ${issue?.message}`)
}

function generated({ generate, orders, seed }: Options): Workload {
  if (generate === 'w1') return mixedFlow(orders, seed)
  return equityFlow(scenario.parse(generate), orders ?? CANONICAL_ORDERS, seed ?? CANONICAL_SEED)
}

async function main(settings: Options): Promise<void> {
  if (settings.generate) {
    writeFileSync(settings.file, generated(settings).encode())
    return
  }
  const workload = Workload.decode(readFileSync(settings.file))
  if (settings.hash) process.stdout.write(`${reportHash(workload)}\n`)
  else await pipeline(reportText(workload), process.stdout, { end: false })
}

function fail(error: unknown, what = ''): void {
  process.stderr.write(`match: ${what}${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

const closedByReader = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'EPIPE'

let settings: Options | null = null
try {
  settings = optionsOf(process.argv.slice(2))
} catch (error) {
  fail(error)
  process.stderr.write(USAGE)
}
if (settings) {
  try {
    await main(settings)
  } catch (error) {
    if (!closedByReader(error)) fail(error, `${settings.file}: `)
  }
}
