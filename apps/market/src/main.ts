import { systemClock, systemRandom } from '@opsource/kernel'
import { type Config, readConfig, USAGE, UsageError } from './config.ts'
import {
  formatReport,
  LiveSource,
  type MarketDataSource,
  NotARecordingError,
  NothingToPlayError,
  playRecording,
  RecordedSource,
  UnknownExchangeError,
  WrongKeyError,
} from './index.ts'

/** Told apart by whoever starts the market: 2 for what a person has to correct, 3 for a key that is refused. */
const EXIT_CODES: readonly (readonly [new (...args: never[]) => Error, number])[] = [
  [UsageError, 2],
  [NotARecordingError, 2],
  [NothingToPlayError, 2],
  [UnknownExchangeError, 2],
  [WrongKeyError, 3],
]
const SEEDS = 2 ** 31

const tell = (line: string) => console.log(`market: ${line}`)

async function main(): Promise<void> {
  const { loop, report, seconds, seed, help, ...config } = readConfig(process.argv.slice(2), process.env)
  if (help) return console.log(USAGE)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const chosenSeed = seed ?? Math.floor(systemRandom.next() * SEEDS)
  const source = await openSource(config, stop.signal)
  const manner = source.dataSet === null ? '' : ` at speed ${config.speed}${loop ? ', over and over' : ''}`
  tell(`playing ${source.name}${manner} (--seed ${chosenSeed})`)
  await playRecording({
    ...config,
    source,
    speed: source.dataSet === null ? 'max' : config.speed,
    loop,
    judge: report,
    seed: chosenSeed,
    recordedMs: seconds === undefined ? null : seconds * 1000,
    clock: systemClock,
    stop: stop.signal,
    tell,
    onReport: (reports) => console.log(formatReport(reports)),
  })
}

function openSource(
  { exchange, symbols, data }: Pick<Config, 'exchange' | 'symbols' | 'data'>,
  stop: AbortSignal,
): Promise<MarketDataSource> {
  return exchange === undefined ? RecordedSource.open(data) : LiveSource.open({ exchange, symbols, stop, tell })
}

main().catch((error: unknown) => {
  console.error(`market: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = EXIT_CODES.find(([type]) => error instanceof type)?.[1] ?? 1
})
