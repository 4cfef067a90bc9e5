import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { gappedHours, recordedHours } from '../testing/recorded-hours.ts'
import type { Bar } from './bar.ts'
import { CANDLESTICKS, MAX_LOOKBACK } from './candlesticks.ts'
import { columnsOf } from './recogniser.ts'
import { MAX_SCAN_BARS, Talib } from './talib.ts'

const ANSWERS = path.join(import.meta.dirname, '../../../../data/patterns/talib.json')
const answersSchema = z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()]))

let talib: Talib
let bars: Bar[]
let batch: Int32Array
beforeAll(async () => {
  talib = await Talib.load()
  bars = gappedHours(recordedHours())
  batch = talib.scan(columnsOf(bars), 0)
})

/** [lookback, bullish, bearish, FNV-1a of (bar, value)], by function. */
function answersOf(hits: Int32Array) {
  const answers = CANDLESTICKS.map(({ name, lookback }) => ({ name, lookback, up: 0, down: 0, digest: 2_166_136_261 }))
  for (let i = 0; i < hits.length; i += 3) {
    const answer = answers[hits[i + 1]!]!
    if (hits[i + 2]! > 0) answer.up++
    else answer.down++
    for (const value of [hits[i]!, hits[i + 2]!]) answer.digest = Math.imul(answer.digest ^ value, 16_777_619) >>> 0
  }
  return Object.fromEntries(answers.map(({ name, lookback, up, down, digest }) => [name, [lookback, up, down, digest]]))
}

/** What is found when `size` bars are appended at a time, with no more of the past than the longest lookback. */
function appended(all: readonly Bar[], size: number): Int32Array {
  const found: number[] = []
  for (let begin = 0; begin < all.length; begin += size) {
    const first = Math.max(0, begin - MAX_LOOKBACK)
    const hits = talib.scan(columnsOf(all.slice(first, begin + size)), begin - first)
    hits.forEach((value, i) => {
      found.push(i % 3 === 0 ? value + first : value)
    })
  }
  return Int32Array.from(found)
}

test('all 61 say of 83,000 real bars what TA-Lib says that was compiled from its own source', () => {
  expect(CANDLESTICKS).toHaveLength(61)
  expect(bars).toHaveLength(83_000)
  expect(answersOf(batch)).toEqual(answersSchema.parse(JSON.parse(readFileSync(ANSWERS, 'utf8'))))
})

describe('appended bar by bar or in blocks', () => {
  test.each([64, 1_000])('of %i, 61 of 61 are equal to the batch', (size) => {
    expect(answersOf(appended(bars, size))).toEqual(answersOf(batch))
  })

  test('of one, 61 of 61 are equal to the batch', () => {
    const some = bars.slice(40_000, 50_000)
    expect(answersOf(appended(some, 1))).toEqual(answersOf(talib.scan(columnsOf(some), 0)))
  })

  test('a window that is one bar too short is found out', () => {
    const long = CANDLESTICKS.findIndex(({ name }) => name === 'CDLBREAKAWAY')
    const found = batch.findIndex((value, i) => i % 3 === 1 && value === long)
    const at = batch[found - 1]!
    const holds = (past: number) => {
      const hits = talib.scan(columnsOf(bars.slice(at - past, at + 1)), past)
      return hits.some((value, i) => i % 3 === 1 && value === long)
    }
    expect([holds(MAX_LOOKBACK), holds(MAX_LOOKBACK - 1)]).toEqual([true, false])
  })
})

test('a published tri-star is found where TA-Lib finds it', () => {
  // TA-Lib/ta-lib-python issue 74: open, high, low, close.
  const rows = [
    [10, 18, 5, 20],
    [12, 21, 7, 22],
    [14, 24, 9, 24],
    [16, 27, 11, 26],
    [18, 30, 13, 28],
    [20, 33, 15, 30],
    [22, 36, 17, 32],
    [24, 39, 19, 34],
    [26, 41, 21, 38],
    [30, 45, 25, 40],
    [43, 44, 42, 43],
    [46, 47, 45, 46],
    [44, 45, 43, 44],
    [40, 55, 35, 50],
  ]
  const column = (i: number) => Float64Array.from(rows, (row) => row[i]!)
  const hits = talib.scan({ open: column(0), high: column(1), low: column(2), close: column(3) }, 0)
  const tristar = CANDLESTICKS.findIndex(({ name }) => name === 'CDLTRISTAR')
  const found: number[][] = []
  for (let i = 0; i < hits.length; i += 3) if (hits[i + 1] === tristar) found.push([hits[i]!, hits[i + 2]!])
  expect(found).toEqual([[12, -100]])
})

test('columns that are too long or of different lengths are refused', () => {
  const column = (size: number) => new Float64Array(size)
  const of = (size: number) => ({ open: column(size), high: column(size), low: column(size), close: column(size) })
  expect(() => talib.scan(of(MAX_SCAN_BARS + 1), 0)).toThrow(RangeError)
  expect(() => talib.scan({ ...of(20), low: column(19) }, 0)).toThrow(RangeError)
  expect(talib.scan(of(3), 3)).toHaveLength(0)
})
