import { expect, it } from 'vitest'
import { NONE } from '../book/index.ts'
import { FillLists } from './fill-lists.ts'

const LISTS = 700

it('keeps each list in its order while others come and go in the same rows', () => {
  const lists = new FillLists()
  const kept = new Map<number, { last: number; fills: number[] }>()
  let next = 1
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < LISTS; n++) {
      const known = kept.get(n)
      if (known && (n + round) % 3 === 0) {
        lists.drop(known.last)
        kept.delete(n)
        continue
      }
      const { last, fills } = known ?? { last: NONE, fills: [] }
      const fill = [next++, next++, 2 ** 52 + next++, next++] as const
      kept.set(n, { last: lists.add(last, ...fill), fills: [...fills, ...fill] })
    }
  }
  expect(kept.size).toBeGreaterThan(LISTS / 2)
  for (const { last, fills } of kept.values()) expect(lists.read(last)).toEqual(fills)
  lists.drop(NONE)
  expect(lists.read(NONE)).toEqual([])
})
