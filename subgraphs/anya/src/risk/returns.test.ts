import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { returnsOf } from './returns.ts'

const DAY = 86_400_000

interface Bar {
  time: number
  open: number
  close: number
  volume: number
}

/** A market that moves by about 1 % a day and turns over 1,000 shares; `change` alters the bars. */
function history(days: number, change: (bars: Bar[]) => void = () => {}) {
  const random = seededRandom(2)
  let price = 100
  const bars = Array.from({ length: days }, (_, day) => {
    const open = price
    price *= Math.exp(0.02 * (random.next() - 0.5))
    return { time: day * DAY, open, close: price, volume: 1_000 }
  })
  change(bars)
  const column = (name: keyof Bar) => bars.map((bar) => bar[name])
  return { time: column('time'), open: column('open'), close: column('close'), volume: column('volume') }
}
const dividedFrom =
  (day: number, by: number, volume = by) =>
  (bars: Bar[]) => {
    for (const bar of bars.slice(day)) {
      bar.open /= by
      bar.close /= by
      bar.volume *= volume
    }
  }

test('returns are logarithms of one close over the one before', () => {
  const { values, time, issues } = returnsOf({ time: [0, DAY, 2 * DAY], open: [100, 101, 99], close: [100, 110, 99] })
  expect([...values]).toEqual([Math.log(110 / 100), Math.log(99 / 110)])
  expect([...time]).toEqual([DAY, 2 * DAY])
  expect(issues).toEqual([])
})

describe('a split', () => {
  test.each([
    ['two for one', 2],
    ['seven for one', 7],
    ['three for two', 1.5],
    ['one for twenty', 1 / 20],
  ])('%s is no crash and no windfall', (_name, ratio) => {
    const plain = returnsOf(history(100))
    const split = returnsOf(history(100, dividedFrom(70, ratio)))
    expect(split.issues).toEqual([{ kind: 'SPLIT', time: 70 * DAY, ratio: expect.closeTo(ratio, 10) }])
    for (const [day, value] of plain.values.entries()) expect(split.values[day]).toBeCloseTo(value, 10)
  })

  test('is not seen in a crash that happens to be large: Apple’s of 29 September 2000 opened at 52.6 % and closed at 48.4 %', () => {
    const crash = history(100, (bars) => {
      const [before, day] = [bars[69]!, bars[70]!]
      Object.assign(day, { open: before.close * 0.526, close: before.close * 0.484 })
      for (const bar of bars.slice(71)) Object.assign(bar, { open: day.close, close: day.close })
    })
    const { values, issues } = returnsOf(crash)
    expect(issues).toEqual([])
    expect(values[69]).toBeCloseTo(Math.log(0.484), 10)
  })

  test('is not seen where the market loses a third and ten times as much changes hands, nor where volumes are not known', () => {
    const loss = [...returnsOf(history(100)).values]
    loss[69]! -= Math.log(1.5)
    for (const volume of [15, 0]) {
      const { values, issues } = returnsOf(history(100, dividedFrom(70, 1.5, volume)))
      expect(issues).toEqual([])
      for (const [day, value] of values.entries()) expect(value).toBeCloseTo(loss[day]!, 10)
    }
  })

  test('in a price that rises by a half overnight is not seen: shares are seldom merged three to two', () => {
    expect(returnsOf(history(100, dividedFrom(70, 2 / 3))).issues).toEqual([])
  })

  test('is not seen where a market trades on and halves within a bar', () => {
    expect(returnsOf(history(100, (bars) => Object.assign(bars[99]!, { close: bars[99]!.open / 2 }))).issues).toEqual(
      [],
    )
  })
})

test('the change over weeks without data is no return of a day', () => {
  const { values, issues } = returnsOf(history(100, (bars) => bars.splice(40, 20)))
  expect(issues).toEqual([{ kind: 'GAP', time: 60 * DAY, days: 21 }])
  expect(values.length).toBe(78)
})

test.each([Number.NaN, 0, -1, Infinity])('a price of %d is left out and the return spans it', (price) => {
  const { values, issues } = returnsOf(history(50, (bars) => Object.assign(bars[10]!, { close: price })))
  expect(issues).toEqual([{ kind: 'NO_PRICE', time: 10 * DAY }])
  expect(values.length).toBe(48)
  expect(values.every(Number.isFinite)).toBe(true)
})

test('a clock that goes back leaves bars out until it has caught up', () => {
  const { values, issues } = returnsOf(history(50, (bars) => Object.assign(bars[20]!, { time: 18.5 * DAY })))
  expect(issues).toEqual([{ kind: 'OUT_OF_ORDER', time: 18.5 * DAY }])
  expect(values.length).toBe(48)
})
