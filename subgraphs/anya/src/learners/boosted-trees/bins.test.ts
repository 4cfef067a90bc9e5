import { expect, test } from 'vitest'
import { binRows, findEdges } from './bins.ts'

const column = (...values: number[]) => ({ width: 1, values: Float32Array.from(values) })

test('bins end at float32 values that lie between the values they part', () => {
  const rows = column(5, 1, 3, 3, 9, 7)
  const edges = findEdges(rows, 3, 1)
  expect([...edges[0]!]).toEqual([3, 6])
  expect([...binRows(rows, edges).codes].filter((_, i) => i % 4 === 0)).toEqual([1, 0, 0, 0, 2, 2])
})

test('few values are parted all, however rare one is', () => {
  const rare = Float32Array.from({ length: 1_000 }, (_, i) => (i === 500 ? 1 : 0))
  expect([...findEdges({ width: 1, values: rare }, 4, 1)[0]!]).toEqual([0.5])
})

test('a missing value has a bin of its own, also where training knew none', () => {
  const known = findEdges(column(1, 2), 8, 1)
  expect(binRows(column(Number.NaN, 1, 2), known).codes[0]).toBe(2)
  const some = column(Number.NaN, 1, 2, Number.NaN)
  expect([...findEdges(some, 8, 1)[0]!]).toEqual([1.5])
})

test('edges between neighbours in float32 and at infinities still part them', () => {
  const next = 1 + 2 ** -23
  const rows = column(1, next, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  const edges = findEdges(rows, 8, 1)
  const { codes } = binRows(rows, edges)
  expect([codes[8], codes[0], codes[4], codes[12]]).toEqual([0, 1, 2, 3])
})
