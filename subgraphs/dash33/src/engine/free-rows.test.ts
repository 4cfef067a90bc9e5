import { expect, it } from 'vitest'
import { NONE } from '../book/index.ts'
import { FreeRows } from './free-rows.ts'

const USED = 100

/** Lets go of all, and takes as many as are given out. */
function taken(free: FreeRows, rows: readonly number[], used: number): number[] {
  for (const row of rows) free.add(row)
  const all: number[] = []
  for (let row = free.take(used); row !== NONE; row = free.take(used)) all.push(row)
  return all
}

it('gives out rows from the first to the last, in whatever order they became free', () => {
  expect(taken(new FreeRows(), [71, 5, 99, 33, 32, 6, 1000], 0)).toEqual([5, 6, 32, 33, 71, 99, 1000])
})

it('goes on behind the row that it gave out last, then begins again', () => {
  const free = new FreeRows()
  expect(taken(free, [10, 40], 0)).toEqual([10, 40])
  expect(taken(free, [9, 41, 39, 96], 0)).toEqual([41, 96, 9, 39])
})

it('keeps a share of the rows back', () => {
  const free = new FreeRows()
  const rows = Array.from({ length: USED }, (_, row) => row)
  expect(taken(free, rows, USED)).toEqual(rows.slice(0, -6))
  expect(taken(free, [], 0)).toEqual(rows.slice(-6))
})
