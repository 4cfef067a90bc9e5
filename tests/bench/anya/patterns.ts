// Patterns: real bars appended in blocks, all 61 of TA-Lib's candlestick functions on each, through the worker thread as in the service.
import { MAX_LOOKBACK } from '../../../subgraphs/anya/src/patterns/candlesticks.ts'
import { measurementsOf } from '../../../subgraphs/anya/src/patterns/forward-returns.ts'
import { columnsOf, Recogniser } from '../../../subgraphs/anya/src/patterns/recogniser.ts'
import { Scanner } from '../../../subgraphs/anya/src/patterns/scanner.ts'
import { gappedHours, recordedHours } from '../../../subgraphs/anya/src/testing/recorded-hours.ts'

const BLOCKS = [1, 8, 64, 256, 1_024]
/** One bar at a time is slow enough to be measured on fewer. */
const MOST_BLOCKS = 10_000

type Bars = ReturnType<typeof recordedHours>

async function timed(work: () => Promise<unknown>) {
  const begun = performance.now()
  const processor = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(processor)
  return { seconds: (performance.now() - begun) / 1_000, processorSeconds: (user + system) / 1_000_000 }
}

/** One block after another is asked for, as bars close: the next when the one before is answered. */
async function append(scanner: Scanner, bars: Bars, size: number): Promise<void> {
  for (let begin = 0; begin < bars.length; begin += size) {
    const first = Math.max(0, begin - MAX_LOOKBACK)
    const result = await scanner.scan(columnsOf(bars.slice(first, begin + size)), begin - first)
    if (!result.ok) throw new Error(`refused: ${result.error}`)
  }
}

async function recognise(scanner: Scanner, bars: Bars, size: number): Promise<void> {
  const recogniser = new Recogniser('EUR-USD', 'H1', scanner)
  for (let begin = 0; begin < bars.length; begin += size) {
    const result = await recogniser.take(bars.slice(begin, begin + size))
    if (!result.ok) throw new Error(`refused: ${result.error}`)
  }
}

/** @returns a row per block size: bars a second by the clock, and by the processor time of the whole process. */
export async function measurePatterns(): Promise<object[]> {
  const bars = gappedHours(recordedHours())
  const scanner = new Scanner({ scanned: () => {}, scannerRestarted: () => {} })
  await scanner.start()
  await append(scanner, bars, 1_024)
  const rows: object[] = []
  const row = async (what: string, size: number, work: typeof append) => {
    const some = bars.slice(0, size * MOST_BLOCKS)
    const { seconds, processorSeconds } = await timed(() => work(scanner, some, size))
    const perSecond = (time: number) => Math.round(some.length / time)
    rows.push({
      what,
      block: size,
      bars: some.length,
      perSecond: perSecond(seconds),
      perProcessorSecond: perSecond(processorSeconds),
    })
  }
  for (const size of BLOCKS) await row('61 candlesticks', size, append)
  for (const size of [64, 1_024]) await row('and charts, regimes, forward returns', size, recognise)
  await scanner.close()
  return rows
}

/** @returns what has followed the patterns of 42,000 real hours: how many tests, and how many of them are findings. */
export async function measureFindings(): Promise<object[]> {
  const scanner = new Scanner({ scanned: () => {}, scannerRestarted: () => {} })
  await scanner.start()
  const recogniser = new Recogniser('EUR-USD', 'H1', scanner)
  const result = await recogniser.take(recordedHours())
  await scanner.close()
  if (!result.ok) throw new Error(`refused: ${result.error}`)
  const charts = result.value.filter(({ family }) => family === 'CHART').length
  const tests = recogniser
    .statistics()
    .flatMap(({ known }) => measurementsOf(known))
    .filter(({ pValue }) => pValue !== null)
  const below = (key: 'pValue' | 'adjustedPValue') => tests.filter((test) => (test[key] ?? 1) < 0.05).length
  const counts = { candlesticks: result.value.length - charts, charts, tests: tests.length }
  return [{ ...counts, pBelow5Percent: below('pValue'), adjustedBelow5Percent: below('adjustedPValue') }]
}
