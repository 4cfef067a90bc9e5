import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { FeatureEngine } from '../features/index.ts'
import { readRecording } from '../training/recording.ts'
import { QUANTILE_LEVELS } from './forecast.ts'
import { HORIZONS } from './horizon.ts'
import { ReturnRange, STEP_MS, signedQuantile } from './return-range.ts'

const BPS = 10_000

/** A range that has seen so many seconds, of which each went as far as told. */
function seen(seconds: number, returnOf: (second: number) => number): ReturnRange {
  const range = new ReturnRange(HORIZONS.S10)
  for (let second = 0; second < seconds; second++)
    range.observe(second * STEP_MS, { step: returnOf(second) / Math.sqrt(10), horizon: returnOf(second) })
  return range
}

const alternating = (second: number) => (second % 2 === 0 ? 1 : -1) * (1 + (second % 5))

test('quantiles of signed sizes are symmetrical at one half and lean with the probability', () => {
  const sizes = Float64Array.from({ length: 101 }, (_, i) => i / 10)
  const at = (up: number) => QUANTILE_LEVELS.map((level) => signedQuantile(sizes, up, level))
  expect(at(0.5).map((value) => Number(value.toFixed(9)))).toEqual([-9, -5, 0, 5, 9])
  expect(at(1).map((value) => Number(value.toFixed(9)))).toEqual([0.5, 2.5, 5, 7.5, 9.5])
  expect(at(0).map((value) => Number(value.toFixed(9)))).toEqual([-9.5, -7.5, -5, -2.5, -0.5])
  for (const up of [0.1, 0.4, 0.6, 0.9]) expect(at(up)).toEqual(at(up).toSorted((a, b) => a - b))
})

test('nothing is said before a minute of returns, nor of a price that stands still', () => {
  expect(seen(69, alternating).filtered()).toBeNull()
  expect(seen(71, alternating).filtered()).not.toBeNull()
  expect(seen(300, () => 0).filtered()).toBeNull()
  expect(seen(300, () => 0).plain()).toBeNull()
})

test('mean, quantiles and probability are of one distribution', () => {
  const range = seen(300, alternating)
  const said = range.filtered()!.forecast(0.7)
  const mirrored = range.filtered()!.forecast(0.3)
  expect(said.expectedReturnBps).toBeGreaterThan(0)
  expect(mirrored.expectedReturnBps).toBeCloseTo(-said.expectedReturnBps, 12)
  mirrored.quantilesBps.toReversed().forEach((value, i) => {
    expect(value).toBeCloseTo(-said.quantilesBps[i]!, 9)
  })
  expect(said.quantilesBps[2]).toBeGreaterThan(0)
  expect(range.plain()!.forecast(0.5).expectedReturnBps).toBe(0)
})

test('volatility follows what the market does within a minute, and the plain one does not', () => {
  const range = seen(600, (second) => alternating(second) * (second < 540 ? 1 : 4))
  expect(range.filtered()!.volatilityBps).toBeGreaterThan(1.5 * range.plain()!.volatilityBps)
})

test('a clock that was set back takes nothing of what is known of sizes, and new ones count at once', () => {
  const range = seen(300, alternating)
  const before = range.filtered()?.volatilityBps
  for (let second = -3_600; second < -3_000; second++)
    range.observe(second * STEP_MS, { step: 10 * alternating(second) || 0, horizon: 10 * alternating(second) || 0 })
  expect(range.filtered()?.volatilityBps).toBeGreaterThan(2 * (before ?? Number.NaN))
})

test('looks that come more often than once a second change nothing', () => {
  const [often, once] = [new ReturnRange(HORIZONS.S10), new ReturnRange(HORIZONS.S10)]
  for (let time = 0; time < 200_000; time += 250) {
    const look = { step: alternating(time / STEP_MS), horizon: alternating(time / STEP_MS) }
    often.observe(time, look)
    if (time % STEP_MS === 0) once.observe(time, look)
  }
  expect(often.filtered()!.forecast(0.6)).toEqual(once.filtered()!.forecast(0.6))
})

test('a look in each second counts, however late within it', () => {
  const range = new ReturnRange(HORIZONS.S10)
  const late = [2, 0, 1, 3]
  for (let second = 0; second < 71; second++) {
    const returns = { step: alternating(second), horizon: alternating(second) }
    range.observe(second * STEP_MS + late[second % late.length]!, returns)
  }
  expect(range.plain()).not.toBeNull()
  expect(range.plain()!.volatilityBps).toBeCloseTo(seen(71, alternating).plain()!.volatilityBps, 12)
})

test('the first moves after an hour of calm are not taken for what is without end', () => {
  const calm = 3_600
  const range = seen(300 + calm + 60, (second) => (second < 300 || second >= 300 + calm ? alternating(second) : 0))
  expect(range.filtered()!.volatilityBps).toBeGreaterThan(1)
  expect(range.filtered()!.volatilityBps).toBeLessThan(50)
})

test('a gap leaves no size behind: what was not seen is not taken for calm', () => {
  const range = seen(300, alternating)
  const before = range.filtered()!.forecast(0.5)
  range.observe(900_000, { step: null, horizon: null })
  range.observe(901_000, { step: null, horizon: 50 })
  expect(range.filtered()!.forecast(0.5)).toEqual(before)
})

describe('on recorded markets', () => {
  const FOLDER = path.resolve(import.meta.dirname, '../../../../data/binance-btc-eth-2024-08-08')
  const MIDNIGHT = Date.UTC(2024, 7, 9)
  const MARKETS = [
    { name: 'btcusdt', steps: { tickScale: 2, lotScale: 5 } },
    { name: 'ethusdt', steps: { tickScale: 2, lotScale: 4 } },
  ]
  interface Judged {
    readonly returnBps: number
    readonly filtered: readonly number[]
    readonly plain: readonly number[]
    readonly volatilityBps: number
  }
  /** Forecasts made after midnight: the memory was chosen on what comes before. */
  const judged: Judged[] = []

  beforeAll(async () => {
    for (const { name, steps } of MARKETS) judged.push(...(await judge(name, steps)))
  }, 40_000)

  async function judge(name: string, steps: { tickScale: number; lotScale: number }): Promise<Judged[]> {
    const file = (day: string) => path.join(FOLDER, `spot_${name}_${day}.gz`)
    const engine = new FeatureEngine()
    const range = new ReturnRange(HORIZONS.S10)
    const mids = new Map<number, number>()
    const open: { time: number; said: Omit<Judged, 'returnBps'> }[] = []
    let next = Number.NaN
    for (const event of await readRecording(file('20240808'), steps, [file('20240809')])) {
      const { time } = event.kind === 'BOOK' ? event.book : event.update
      if (Number.isNaN(next)) next = Math.ceil(time / STEP_MS) * STEP_MS
      for (; next < time; next += STEP_MS) {
        const mid = engine.mid()
        if (mid === null) continue
        mids.set(next, mid)
        const since = (span: number) => {
          const before = engine.midAt(next - span)
          return before === null ? null : (mid / before - 1) * BPS
        }
        range.observe(next, { step: since(STEP_MS), horizon: since(HORIZONS.S10) })
        const [filtered, plain] = [range.filtered(), range.plain()]
        if (next < MIDNIGHT || !filtered || !plain) continue
        const { volatilityBps } = filtered
        const quantiles = { filtered: filtered.forecast(0.5).quantilesBps, plain: plain.forecast(0.5).quantilesBps }
        open.push({ time: next, said: { ...quantiles, volatilityBps } })
      }
      if (event.kind === 'BOOK') engine.replaceBook(event.book)
      else engine.update(event.update)
    }
    return open.flatMap(({ time, said }) => {
      const after = mids.get(time + HORIZONS.S10)
      return after === undefined ? [] : [{ ...said, returnBps: (after / mids.get(time)! - 1) * BPS }]
    })
  }

  const share = (holds: (each: Judged) => boolean) => judged.filter(holds).length / judged.length
  const within = (low: number, high: number, of: 'filtered' | 'plain') =>
    share((each) => each.returnBps >= each[of][low]! && each.returnBps <= each[of][high]!)

  test('nine in ten and one in two returns lie within their quantiles', () => {
    expect(judged.length).toBeGreaterThan(500)
    expect(within(0, 4, 'filtered')).toBeGreaterThan(0.87)
    expect(within(0, 4, 'filtered')).toBeLessThan(0.97)
    expect(within(1, 3, 'filtered')).toBeGreaterThan(0.44)
    expect(within(1, 3, 'filtered')).toBeLessThan(0.57)
  })

  test('the filter keeps what it promises where equal weights do not, at no greater loss', () => {
    expect(Math.abs(within(0, 4, 'filtered') - 0.9)).toBeLessThan(Math.abs(within(0, 4, 'plain') - 0.9))
    const loss = (of: 'filtered' | 'plain') =>
      judged.reduce((sum, each) => {
        const losses = each[of].map((quantile, i) => {
          const error = each.returnBps - quantile
          return error * (QUANTILE_LEVELS[i]! - (error < 0 ? 1 : 0))
        })
        return sum + losses.reduce((total, value) => total + value, 0)
      }, 0)
    expect(loss('filtered') / loss('plain')).toBeLessThan(1.02)
  })

  test('the variance is right on average within a third', () => {
    const ratio = judged.reduce((sum, each) => sum + (each.returnBps / each.volatilityBps) ** 2, 0) / judged.length
    expect(ratio).toBeGreaterThan(0.67)
    expect(ratio).toBeLessThan(1.5)
  })
})
