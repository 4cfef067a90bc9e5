import { afterEach, expect, test } from 'vitest'
import { MemoryWatch, residentLimit } from './memory-watch.ts'

let watch: MemoryWatch
afterEach(() => watch.close())

test('a process beyond its limit is relieved once, and again only after a minute', () => {
  const relieved: number[] = []
  watch = new MemoryWatch(1_000, (bytes) => relieved.push(bytes))
  watch.check(1_000, 0)
  expect(relieved).toEqual([])
  for (const seconds of [5, 10, 60, 65]) watch.check(1_001 + seconds, seconds * 1_000)
  expect(relieved).toEqual([1_006, 1_066])
})

test('the limit is the container’s where it has one, else the machine’s', () => {
  expect(residentLimit(1_000, 4_000)).toBe(800)
  expect(residentLimit(0, 4_000)).toBe(3_200)
  expect(residentLimit(2 ** 64, 4_000)).toBe(3_200)
})
