import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { InvalidBars, parseBars } from './bars.ts'
import { valueAtRiskOf } from './value-at-risk.ts'

const linesOf = (name: string) =>
  gunzipSync(readFileSync(path.resolve(import.meta.dirname, `../../../../data/daily/${name}.csv.gz`)))
    .toString('utf8')
    .trim()
    .split('\n')

const [header, ...bitcoin] = linesOf('btcusd')

describe('the value at risk of bitcoin, 2017 to 2018', () => {
  const result = valueAtRiskOf(parseBars([header, ...bitcoin].join('\n')))
  const of = (level: number, method: string) =>
    result.levels.find((each) => each.level === level)!.methods.find((each) => each.method === method)!

  test('is forecast for each day after the first thousand returns, by every method', () => {
    for (const { methods } of result.levels) {
      expect(methods.map(({ method }) => method)).toEqual([
        'ours',
        'ours-fixed-level',
        'ewma-normal',
        'historical-simulation',
      ])
      expect(new Set(methods.map(({ days }) => days))).toEqual(new Set([316]))
    }
    expect(result.issues).toEqual([{ kind: 'GAP', time: '2015-01-08T00:00:00.000Z', days: 21 }])
    expect(result.estimates).toEqual({ made: 16, fellBack: 0 })
  })

  test('is refused by no test, where the level kept as asked fails at 5 %', () => {
    expect(of(0.01, 'ours').refusedBy).toEqual([])
    expect(of(0.05, 'ours').refusedBy).toEqual([])
    expect(of(0.05, 'ours-fixed-level').refusedBy).toEqual(['Kupiec'])
    expect(result.byLevel.map(({ enoughDays }) => enoughDays)).toEqual([false, false])
  })
})

test('too few bars are refused with the number that is missing', () => {
  const few = parseBars([header, ...bitcoin.slice(0, 1_200)].join('\n'))
  expect(() => valueAtRiskOf(few)).toThrowError(InvalidBars)
  expect(() => valueAtRiskOf(few)).toThrowError(/1250 returns are needed, the file gives 1198/)
})

test('a price that stands still is refused: there is nothing to forecast', () => {
  const still = bitcoin.map((line) => [line.split(',')[0], '5,5,5,5,0'].join())
  expect(() => valueAtRiskOf(parseBars([header, ...still].join('\n')))).toThrowError(/stands still on 1316 of 1316/)
})

test('where every return is a gain, a gain smaller than forecast is not taken for a loss beyond all bounds', () => {
  const rising = bitcoin.map((line, day) => {
    const close = 100 * Math.exp(0.001 * day + 0.0004 * Math.abs(Math.sin(day * day)))
    return [line.split(',')[0], close, close, close, close, 0].join()
  })
  const { levels } = valueAtRiskOf(parseBars([header, ...rising].join('\n')))
  for (const { method, acerbiSzekelyZ2 } of levels.flatMap(({ methods }) => methods))
    expect(acerbiSzekelyZ2, method).toEqual({ statistic: 1, p: 1 })
})
