import { expect, test } from 'vitest'
import { booleans, int2s, int8s, texts, timestamps } from './columns.ts'

test('a column is an array in the binary format: dimensions, nulls, type, length, lower bound, elements', () => {
  expect(int2s([1, null]).toString('hex')).toBe(
    ['00000001', '00000001', '00000015', '00000002', '00000001', '00000002', '0001', 'ffffffff'].join(''),
  )
  expect(texts(['é', '']).subarray(20).toString('hex')).toBe('00000002c3a900000000')
  expect(booleans([true]).subarray(24).toString('hex')).toBe('01')
})

test('whole numbers keep all their digits, above and below zero', () => {
  const numbers = [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 2 ** 32, -(2 ** 32), 2 ** 31]
  const buffer = int8s(numbers)
  expect(numbers.map((_, i) => Number(buffer.readBigInt64BE(24 + i * 12)))).toEqual(numbers)
  expect(() => int8s([2 ** 53])).toThrow('not a safe integer')
})

test('moments are microseconds since the year 2000', () => {
  expect(
    timestamps([Date.UTC(2000, 0, 1), Date.UTC(2000, 0, 1) + 1])
      .subarray(24)
      .toString('hex'),
  ).toBe('000000000000000000000008' + '00000000000003e8')
})

test('moments reach to the end of the year 9999, as an order’s expiry may', () => {
  const last = Date.UTC(9999, 11, 31, 23, 59, 59, 999)
  const micros = timestamps([last]).readBigInt64BE(24)
  expect(micros).toBe(BigInt(last - Date.UTC(2000, 0, 1)) * 1_000n)
})

test('a column of no rows is no column', () => {
  expect(() => texts([])).toThrow('no rows')
})
