import { systemClock, systemRandom } from '@opsource/kernel'
import { readConfig, USAGE, UsageError } from './config.ts'
import { formatReport, NotARecordingError, playRecording, WrongKeyError } from './index.ts'

/** Told apart by whoever starts the market: 2 for what a person has to correct, 3 for a key that is refused. */
const EXIT_CODES: readonly (readonly [new (...args: never[]) => Error, number])[] = [
  [UsageError, 2],
  [NotARecordingError, 2],
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
  tell(`playing ${config.data} at speed ${config.speed}${loop ? ', over and over' : ''} (--seed ${chosenSeed})`)
  await playRecording({
    ...config,
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

main().catch((error: unknown) => {
  console.error(`market: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = EXIT_CODES.find(([type]) => error instanceof type)?.[1] ?? 1
})
