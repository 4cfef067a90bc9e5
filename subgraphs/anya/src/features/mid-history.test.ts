import { expect, test } from 'vitest'
import { MidHistory } from './mid-history.ts'

test('the mid price of a moment is the last that came before it', () => {
  const history = new MidHistory(1_000)
  history.record(10, 100)
  history.record(20, 101)
  expect([9, 10, 19, 20, 500].map((time) => history.at(time))).toEqual([undefined, 100, 100, 101, 101])
})

test('what is older than the look-back is forgotten, but not the price a quiet market still has', () => {
  const history = new MidHistory(1_000)
  history.record(0, 100)
  history.record(10, 101)
  history.record(5_000, 102)
  expect(history.at(5)).toBeUndefined()
  expect(history.at(4_500)).toBe(101)
})

test('a storm of changes keeps the newest and stays bounded', () => {
  const history = new MidHistory(1_000_000)
  for (let time = 0; time < 40_000; time++) history.record(time, time)
  expect(history.at(39_999)).toBe(39_999)
  expect(history.at(39_999 - 8_000)).toBe(31_999)
  expect(history.at(20_000)).toBeUndefined()
})
