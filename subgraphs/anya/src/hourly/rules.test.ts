import { describe, expect, test } from 'vitest'
import { type Bars, barFeatureTable } from '../bar-features/index.ts'
import { inputsOf, LONGEST_MEMORY, problemOf } from '../evaluation/variance-models.ts'
import { explainerOf } from '../explanation/index.ts'
import { ModelSession } from '../inference/session.ts'
import type { Forecast } from '../prediction/index.ts'
import { hourlyBars } from '../testing/euro-hours.ts'
import { forecastOf } from '../testing/forecast.ts'
import { newestInput } from './input.ts'
import { HOUR_MS, HOURLY_LINES, type HourlyLine, hourlyServedLine, RETURN_LINE, VOLATILITY_LINE } from './lines.ts'
import { outcomesOf } from './outcomes.ts'
import { fitRules, type HourlyRules, ruleAnswer, ruleFile } from './rules.ts'

const bars = hourlyBars(3_000)
const rules = rulesOf(bars)
const input = newestInput(bars)!

function rulesOf(of: Bars): HourlyRules {
  const known = Int32Array.from({ length: of.size - LONGEST_MEMORY }, (_, i) => LONGEST_MEMORY + i)
  return fitRules({ bars: of, table: barFeatureTable(of), problem: problemOf(of, known) }, [])
}

const signatureOf = (line: HourlyLine) => ({
  input: { name: 'features', tail: [line.features.length] },
  output: { name: 'probability', tail: [line.outputs.length] },
})

describe('rules', () => {
  test.each(HOURLY_LINES.map((line) => [line.modelName, line] as const))(
    'of %s serve as a file that says what they say, fits the line, and can be explained',
    async (_, line) => {
      const { onnx, manifest } = ruleFile(rules, line)
      const row = input.row.slice(0, line.features.length)
      const session = await ModelSession.open(onnx, signatureOf(line))
      const answer = await session.run(row.slice())
      await session.release()
      const expected = ruleAnswer(rules, line, input.row)
      expect([...answer].every((value, i) => Math.abs(value - expected[i]!) < 1e-5)).toBe(true)
      expect(line.read(answer, input.volatility)).not.toBeNull()
      const version = { manifest, signature: signatureOf(line) }
      const registered = { modelName: line.modelName, version: 1, sha256: '', registeredBy: null }
      const fits = { ...registered, ...version, createdAt: new Date(0), prunedAt: null }
      expect(hourlyServedLine(line).misfit(fits)).toBeNull()
      const other = HOURLY_LINES.find((each) => each !== line)!
      expect(hourlyServedLine(other).misfit(fits)).not.toBeNull()
      const explained = explainerOf({ onnx, signature: signatureOf(line) })
      if (!explained.ok) throw new Error(explained.error)
      explained.value.explain(row).forEach(({ total, name }, i) => {
        expect(total).toBeCloseTo(expected[i]!, 5)
        expect(name).toBe(line.outputs[i])
      })
    },
  )

  test('of the return say the same of a row of which nothing is known', async () => {
    const { onnx } = ruleFile(rules, RETURN_LINE)
    const session = await ModelSession.open(onnx, signatureOf(RETURN_LINE))
    const answer = await session.run(new Float32Array(RETURN_LINE.features.length).fill(Number.NaN))
    await session.release()
    expect([...answer]).toEqual(rules.returns)
    expect(rules.returns[1]).toBeLessThan(rules.returns[2]!)
  })

  test('of the variance hold for a market that moves five times as much', () => {
    const wild: Bars = { ...bars }
    for (const name of ['open', 'high', 'low', 'close'] as const)
      Object.assign(wild, { [name]: bars[name].map((price) => price ** 5) })
    const [calm, moved] = [bars, wild].map((each) => {
      const inputs = inputsOf(each)
      return ruleAnswer(rules, VOLATILITY_LINE, inputs.values.slice(-inputs.width))[0]!
    })
    expect(moved! - calm!).toBeCloseTo(2 * Math.log(5), 5)
    const again = rulesOf(wild).variance
    expect(again.level).toBeCloseTo(rules.variance.level + 2 * Math.log(5), 4)
    again.weights.forEach((weight, k) => {
      expect(weight).toBeCloseTo(rules.variance.weights[k]!, 4)
    })
  })

  test('of the variance are right on average where they were fitted', () => {
    const known = Int32Array.from({ length: bars.size - LONGEST_MEMORY }, (_, i) => LONGEST_MEMORY + i)
    const { realised, rows } = problemOf(bars, known)
    const ratios = Array.from({ length: bars.size - LONGEST_MEMORY - 6 }, (_, i) => {
      const row = LONGEST_MEMORY + i
      const features = rows.values.subarray(row * rows.width, (row + 1) * rows.width)
      return realised[row]! / Math.exp(ruleAnswer(rules, VOLATILITY_LINE, features)[0]!)
    })
    expect(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length).toBeCloseTo(1, 4)
  })
})

describe('answers', () => {
  test('of the return become basis points by the volatility of the hour', () => {
    const said = RETURN_LINE.read([0.1, -2, -1, 0, 1, 2, 0.4], 0.01)
    expect(said).toMatchObject({ direction: 'DOWN', probability: 0.6, volatilityBps: null })
    expect(said?.expectedReturnBps).toBeCloseTo(10.005, 3)
    expect(said?.quantilesBps?.map(Math.round)).toEqual([-198, -100, 0, 101, 202])
  })

  test('of the variance become the volatility of six hours', () => {
    expect(VOLATILITY_LINE.read([Math.log(0.001 ** 2)], 0.5)).toMatchObject({
      direction: null,
      expectedReturnBps: null,
      quantilesBps: null,
      volatilityBps: expect.closeTo(Math.sqrt(6) * 10, 9),
    })
  })

  test.each([
    ['a probability that is none', RETURN_LINE, [0, -2, -1, 0, 1, 2, 1.5]],
    ['quantiles that cross', RETURN_LINE, [0, -2, -3, 0, 1, 2, 0.5]],
    ['what is no number', RETURN_LINE, [Number.NaN, -2, -1, 0, 1, 2, 0.5]],
    ['a return without bounds', RETURN_LINE, [5_000, -2, -1, 0, 1, 2, 0.5]],
    ['a variance without end', VOLATILITY_LINE, [1e6]],
    ['a variance whose square has no end', VOLATILITY_LINE, [700]],
    ['a variance that is hardly any', VOLATILITY_LINE, [-700]],
    ['a variance that is no number', VOLATILITY_LINE, [Number.NaN]],
  ])('that are %s are no forecast', (_, line, answer) => {
    expect(line.read(answer, 0.01)).toBeNull()
  })
})

describe('outcomes', () => {
  const closedAt = Date.UTC(2024, 7, 9, 12)
  const hour = (after: number, close: number) => ({
    openTime: closedAt + (after - 1) * HOUR_MS,
    ...{ open: close, high: close, low: close, close, volume: 1 },
  })
  const forecast = (hours: number): Forecast => forecastOf({ horizonMs: hours * HOUR_MS, dataTo: closedAt })

  test('go from close to close, and wait for the bar of the horizon', () => {
    expect(outcomesOf([forecast(1)], [hour(0, 100)])).toEqual([])
    const [known] = outcomesOf([forecast(1)], [hour(0, 100), hour(1, 101)])
    expect(known?.returnBps).toBeCloseTo(100, 9)
    expect(known).not.toHaveProperty('realisedVolatilityBps')
  })

  test('of several hours have the volatility of the hours between, unless one is missing', () => {
    const all = [100, 101, 102, 101, 100, 99, 100].map((close, after) => hour(after, close))
    const [known] = outcomesOf([forecast(6)], all)
    expect(known?.returnBps).toBeCloseTo(0, 9)
    const squares = [1, 2, 3, 4, 5, 6].map((i) => Math.log(all[i]!.close / all[i - 1]!.close) ** 2)
    expect(known?.realisedVolatilityBps).toBeCloseTo(1e4 * Math.sqrt(squares.reduce((sum, each) => sum + each, 0)), 6)
    const [gapped] = outcomesOf(
      [forecast(6)],
      all.filter((_, i) => i !== 3),
    )
    expect(gapped).not.toHaveProperty('realisedVolatilityBps')
    expect(outcomesOf([forecast(6)], all.slice(1))).toEqual([])
  })
})
