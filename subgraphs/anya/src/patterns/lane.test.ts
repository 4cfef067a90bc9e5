import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { recordedHours } from '../testing/recorded-hours.ts'
import { CANDLESTICKS } from './candlesticks.ts'
import { measurementsOf } from './forward-returns.ts'
import { Lane, MAX_KEPT } from './lane.ts'
import { columnsOf, type FoundPattern, type KnownRegime } from './recogniser.ts'
import { RegimeMeter } from './regimes.ts'
import { Scanner } from './scanner.ts'
import { patternStream } from './stream.ts'
import { Talib } from './talib.ts'

const bars = recordedHours().slice(0, 2_000)

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 20_000 })

let scanner: Scanner
let lane: Lane
let heard: FoundPattern[]
beforeEach(async () => {
  scanner = new Scanner({ scanned: () => {}, scannerRestarted: () => {} })
  await scanner.start()
  lane = new Lane('EUR-USD', 'H1', scanner)
  heard = []
  lane.listen((pattern) => heard.push(pattern))
})
afterEach(async () => {
  await lane.close()
  await scanner.close()
})

const nameOf = ({ openTime, kind, score }: FoundPattern) => `${openTime} ${kind} ${score}`
const candlesticks = (patterns: readonly FoundPattern[]) => patterns.filter(({ family }) => family === 'CANDLESTICK')

/** What TA-Lib says of the first bars when it is given all of them at once. */
async function batchOf(size: number): Promise<string[]> {
  const hits = (await Talib.load()).scan(columnsOf(bars.slice(0, size)), 0)
  const found: string[] = []
  for (let i = 0; i < hits.length; i += 3)
    found.push(`${bars[hits[i]!]!.openTime} ${CANDLESTICKS[hits[i + 1]!]!.name} ${hits[i + 2]}`)
  return found.sort()
}

test('bars that close while the thread is away are taken when it is back: nothing is missed, nothing found twice', async () => {
  await lane.replay(bars.slice(0, 100))
  for (const bar of bars.slice(100, 140)) lane.add(bar)
  await scanner.restart()
  for (const bar of bars.slice(140, 200)) lane.add(bar)
  const expected = (await batchOf(200)).filter((name) => Number(name.split(' ')[0]) >= bars[100]!.openTime)
  await expect.poll(() => candlesticks(heard).map(nameOf).sort()).toEqual(expected)
})

test('bars one by one, and all that are kept at once, end in the same patterns, regime and statistics', async () => {
  await lane.replay(bars.slice(0, 300))
  const other = new Lane('EUR-USD', 'H1', scanner)
  await other.replay(bars.slice(0, 50))
  for (const bar of bars.slice(50, 300)) {
    other.add(bar)
    if (bar.openTime % 3 === 0) await new Promise(setImmediate)
  }
  await expect.poll(() => other.found(null)).toEqual(lane.found(null))
  expect(other.recogniser.regime).toEqual(lane.recogniser.regime)
  expect(other.recogniser.regimeStatistics()).toEqual(lane.recogniser.regimeStatistics())
  expect(other.recogniser.statistics()).toEqual(lane.recogniser.statistics())
})

test('a candlestick points where TA-Lib says, and nowhere where its sign does not mean that', async () => {
  await lane.replay(bars)
  const directions = (kind: string) =>
    new Set(
      lane.found(null).flatMap((pattern) => (pattern.kind === kind ? [`${pattern.direction} ${pattern.score}`] : [])),
    )
  expect(directions('CDLDOJI')).toEqual(new Set(['NEUTRAL 100']))
  expect(directions('CDLSPINNINGTOP')).toEqual(new Set(['NEUTRAL 100', 'NEUTRAL -100']))
  expect(directions('CDLMARUBOZU')).toEqual(new Set(['BULLISH 100', 'BEARISH -100']))
})

test('of bars that wait too long for the thread the oldest are dropped, and that is told', async () => {
  let dropped = 0
  const away = new Lane('EUR-USD', 'H1', new Scanner({ scanned: () => {}, scannerRestarted: () => {} }), (count) => {
    dropped += count
  })
  for (const bar of bars.slice(0, 1_300)) away.add(bar)
  await expect.poll(() => dropped).toBe(300)
  await away.close()
})

test('a bar that was taken before is not taken again', async () => {
  await lane.replay(bars.slice(0, 100))
  lane.add(bars[99]!)
  lane.add(bars[100]!)
  await expect.poll(() => heard.length).toBeGreaterThan(0)
  expect(new Set(heard.map(({ openTime }) => openTime))).toEqual(new Set([bars[100]!.openTime]))
})

test('the newest patterns of a family are kept, and no more than may be', async () => {
  await lane.replay(bars)
  const found = lane.found('CANDLESTICK')
  expect(found).toHaveLength(MAX_KEPT)
  expect(found.map(nameOf).sort()).toEqual((await batchOf(bars.length)).slice(-MAX_KEPT))
})

test('a reader who falls too far behind is told so, instead of missing something', async () => {
  await lane.replay(bars.slice(0, 100))
  const stream = patternStream(lane, null)
  for (const bar of bars.slice(100, 400)) lane.add(bar)
  await expect.poll(() => heard.length).toBeGreaterThan(300)
  await expect(stream.next()).rejects.toMatchObject({ extensions: { code: 'SUBSCRIPTION_GAP' } })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

test('a reader gets what it asked for, in order, and its end ends the wait in hand', async () => {
  await lane.replay(bars.slice(0, 100))
  const stream = patternStream(lane, 'CHART')
  for (const bar of bars.slice(100, 600)) lane.add(bar)
  const first = await stream.next()
  await expect.poll(() => heard.at(-1)?.openTime).toBe(bars[599]!.openTime)
  const charts = heard.filter(({ family }) => family === 'CHART')
  const read = [first.value]
  while (read.length < charts.length) read.push((await stream.next()).value)
  expect(read).toEqual(charts)
  const waiting = stream.next()
  await stream.return?.()
  expect(await waiting).toEqual({ done: true, value: undefined })
})

test('a regime carries what had followed its bars until then, and no bar tells of what came after it', async () => {
  const regimes: KnownRegime[] = []
  lane.listenToRegime((regime) => regimes.push(regime))
  for (const bar of bars.slice(0, 400)) {
    lane.add(bar)
    await new Promise(setImmediate)
  }
  await expect.poll(() => regimes.at(-1)?.asOf).toBe(bars[399]!.openTime + 3_600_000)
  const meter = new RegimeMeter()
  const kinds = bars.slice(0, 400).map((bar) => {
    const regime = meter.add(bar)
    return regime && `${regime.trend} ${regime.volatility}`
  })
  const { trend, volatility, known } = regimes.at(-1)!
  // By the definition: of the bars before the last that were of its regime, the return to the next.
  const returns = kinds.slice(0, 399).flatMap((kind, i) => {
    return kind === `${trend} ${volatility}` ? [bars[i + 1]!.close / bars[i]!.close - 1] : []
  })
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length
  const [next] = measurementsOf(known)
  expect(next).toMatchObject({ horizonBars: 1, count: returns.length })
  expect(next!.meanBps).toBeCloseTo(mean * 10_000, 9)
  expect(next!.lowerBps).toBeLessThan(next!.meanBps!)
  expect(next!.upperBps).toBeGreaterThan(next!.meanBps!)
  const seen = lane.recogniser.regimeStatistics().map((each) => `${each.trend} ${each.volatility}`)
  expect(seen.sort()).toEqual([...new Set(kinds.filter((kind) => kind !== null))].sort())
})
