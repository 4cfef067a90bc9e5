import { expect, test } from 'vitest'
import { hourlyBars } from '../testing/euro-hours.ts'
import {
  BAR_FEATURE_COUNT,
  BAR_FEATURES,
  BarFeatureEngine,
  type Bars,
  barFeatureTable,
  findLookahead,
  firstBars,
  LARGEST_LOOKBACK,
} from './index.ts'

const bars = hourlyBars(3_000)
const bytes = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)

test('on every prefix of the bars the features are the same, byte by byte', () => {
  const whole = barFeatureTable(bars)
  for (const size of [1, 2, 97, 300, 1_234, 2_999]) {
    const part = barFeatureTable(firstBars(bars, size))
    expect(bytes(part.values).equals(bytes(whole.values.subarray(0, size * BAR_FEATURE_COUNT)))).toBe(true)
  }
})

test('one bar at a time gives what the whole table gives', () => {
  const table = barFeatureTable(bars)
  const engine = new BarFeatureEngine()
  for (let i = 0; i < bars.size; i++) {
    const [time, open, high, low, close, volume] = [
      bars.time[i]!,
      bars.open[i]!,
      bars.high[i]!,
      bars.low[i]!,
      bars.close[i]!,
      bars.volume[i]!,
    ]
    const row = engine.push({ time, open, high, low, close, volume })
    expect(bytes(row).equals(bytes(table.values.subarray(i * BAR_FEATURE_COUNT, (i + 1) * BAR_FEATURE_COUNT)))).toBe(
      true,
    )
  }
})

test('every feature is known once its window is full, and varies where the data do', () => {
  const { values } = barFeatureTable(bars)
  BAR_FEATURES.forEach(({ name }, column) => {
    const seen = new Set<number>()
    for (let row = LARGEST_LOOKBACK; row < bars.size; row++) seen.add(values[row * BAR_FEATURE_COUNT + column]!)
    expect(seen.has(Number.NaN) && name !== 'close_in_range', name).toBe(false)
    // This market has no volumes, and its bars open where the last one closed.
    const isStill = name === 'volume_surprise' || name === 'opening_gap'
    expect(seen.size, name).toBeGreaterThan(isStill ? 0 : 5)
  })
})

const value = (columns: Bars, row: number, name: string) =>
  barFeatureTable(columns).values[row * BAR_FEATURE_COUNT + BAR_FEATURES.findIndex((feature) => feature.name === name)]!

test('the return over a window is in units of the volatility over it', () => {
  const { volatility } = barFeatureTable(bars)
  const expected = Math.log(bars.close[999]! / bars.close[975]!) / (volatility[999]! * Math.sqrt(24))
  expect(value(bars, 999, 'return_24')).toBeCloseTo(expected, 5)
  expect(value(bars, 10, 'return_24')).toBeNaN()
})

test('a split moves no feature: the level is chained over it', () => {
  const halved = (column: Float64Array) => column.map((price, i) => (i >= 2_000 ? price / 2 : price))
  const split = {
    ...bars,
    open: halved(bars.open),
    high: halved(bars.high),
    low: halved(bars.low),
    close: halved(bars.close),
  }
  const [plain, chained] = [barFeatureTable(bars), barFeatureTable(split)]
  expect(chained.change[2_000]).toBe(0)
  // The move within the bar of the split is lost with it; a hundred bars later the short windows know nothing of it.
  for (const name of ['return_96', 'trend_gap_8', 'below_high_96', 'range', 'body']) {
    expect(value(split, 2_200, name), name).toBeCloseTo(value(bars, 2_200, name), 1)
  }
  expect(plain.change[2_001]).toBeCloseTo(chained.change[2_001]!, 12)
})

test('a column that looks one bar ahead is found, the honest ones beside it are not accused', () => {
  const table = (part: Bars) => ({
    width: 2,
    values: Float32Array.from({ length: part.size * 2 }, (_, i) =>
      i % 2 === 0 ? part.close[i / 2]! : (part.close[(i + 1) / 2] ?? Number.NaN),
    ),
  })
  expect(findLookahead(bars, table, 3)).toEqual([1])
  expect(findLookahead(bars, barFeatureTable, 3)).toEqual([])
})
