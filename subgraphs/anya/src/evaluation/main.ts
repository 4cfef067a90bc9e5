import path from 'node:path'

interface Kind {
  /** What PATH is. */
  readonly path: string
  /** What is measured, in a few words. */
  readonly about: string
  /** Loaded when asked for, so that no kind pays for the libraries of another. The result is printed as JSON. */
  readonly load: () => Promise<(path: string) => Promise<object>>
}

const KINDS: Readonly<Record<string, Kind>> = {
  var: {
    path: 'FILE.csv',
    about: 'value at risk and expected shortfall one bar ahead, 1 % and 5 %, with backtests',
    load: async () => (await import('./value-at-risk.ts')).evaluateValueAtRisk,
  },
}

const usage = () =>
  [
    'npm run --silent evaluate -- KIND PATH',
    '    prints one JSON object; a FILE.csv has the columns time,open,high,low,close,volume',
    ...Object.entries(KINDS).map(([name, kind]) => `  ${`${name} ${kind.path}`.padEnd(24)} ${kind.about}`),
    '',
  ].join('\n')

/** npm runs scripts in the repository: what the caller named is relative to where the caller stands. */
const resolved = (file: string) => path.resolve(process.env.INIT_CWD ?? '.', file)

async function main([name = '', file, ...rest]: string[]): Promise<void> {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (!kind || file === undefined || rest.length > 0) {
    const why = kind
      ? file === undefined
        ? 'no PATH given'
        : 'one PATH only'
      : name
        ? `no kind ${name}`
        : 'no KIND given'
    process.stderr.write(`${why}\n${usage()}`)
    process.exitCode = 1
    return
  }
  const evaluate = await kind.load()
  process.stdout.write(`${JSON.stringify(await evaluate(resolved(file)), null, 2)}\n`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  const why = error instanceof Error ? error.message : String(error)
  process.stderr.write(`evaluate: ${why.replaceAll(/\s*\n\s*/g, ' ')}\n`)
  process.exitCode = 1
}
