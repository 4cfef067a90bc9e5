import path from 'node:path'
import { type Progress, progressOf } from './progress.ts'

interface Kind {
  /** What PATH is. */
  readonly path: string
  /** What is measured, in a few words. */
  readonly about: string
  /** Loaded when asked for, so that no kind pays for the libraries of another. The result is printed as JSON. */
  readonly load: () => Promise<(path: string, progress: Progress) => Promise<object>>
}

const KINDS: Readonly<Record<string, Kind>> = {
  forecast: {
    path: 'FILE.csv',
    about: 'the next bar’s return by boosted trees, purged walk-forward, with baselines, tests and leak controls',
    load: async () => (await import('./forecast.ts')).evaluateForecast,
  },
  volatility: {
    path: 'FILE.csv',
    about: 'the variance of the next six bars by boosted trees against HAR and EWMA, by QLIKE',
    load: async () => (await import('./volatility.ts')).evaluateVolatility,
  },
  nab: {
    path: 'DIR',
    about: "a streaming anomaly detector, on a corpus laid out as the Numenta Anomaly Benchmark's",
    load: async () => (await import('./nab.ts')).evaluateNab,
  },
  var: {
    path: 'FILE.csv',
    about: 'value at risk and expected shortfall one bar ahead, 1 % and 5 %, with backtests',
    load: async () => (await import('./value-at-risk.ts')).evaluateValueAtRisk,
  },
}

const usage = () =>
  [
    'npm run --silent evaluate -- KIND PATH',
    '    prints one JSON object, verdict first; progress and errors go to stderr',
    '    FILE.csv, also gzipped, has the columns time (RFC 3339),open,high,low,close,volume; DIR is laid out as NAB: data/, labels/, config/',
    ...Object.entries(KINDS).map(([name, kind]) => `  ${`${name} ${kind.path}`.padEnd(24)} ${kind.about}`),
    '',
  ].join('\n')

/** npm runs scripts in the repository: what the caller named is relative to where the caller stands. */
const resolved = (file: string) => path.resolve(process.env.INIT_CWD ?? '.', file)

function problemWith(name: string | undefined, paths: readonly string[]): string | undefined {
  if (name === undefined) return 'no KIND given'
  if (!Object.hasOwn(KINDS, name)) return `no kind ${name}`
  if (paths.length !== 1) return `one PATH, not ${paths.length}`
  return undefined
}

const EVERY_SHARE = 0.1

/** A line for each tenth. */
function progress(): Progress {
  let told = 0
  return progressOf((share) => {
    if (share < told + EVERY_SHARE) return
    told = share
    process.stderr.write(`evaluate: ${Math.round(share * 100)} %\n`)
  })
}

async function main([name, ...paths]: string[]): Promise<void> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(usage())
    return
  }
  const problem = problemWith(name, paths)
  if (problem !== undefined) {
    process.stderr.write(`${problem}\n${usage()}`)
    process.exitCode = 1
    return
  }
  const evaluate = await KINDS[name!]!.load()
  process.stdout.write(`${JSON.stringify(await evaluate(resolved(paths[0]!), progress()), null, 2)}\n`)
}

/** Bad input is told in one line; what can only be our own mistake, with where it happened. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof TypeError || error instanceof RangeError) return error.stack ?? error.message
  return error.message.replaceAll(/\s*\n\s*/g, ' ')
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`evaluate: ${told(error)}\n`)
  process.exitCode = 1
}
