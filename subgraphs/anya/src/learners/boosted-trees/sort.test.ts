import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { sortFloats } from './sort.ts'

const random = seededRandom(1)
const drawn = (size: number) =>
  Float32Array.from({ length: size }, () => (random.next() - 0.5) * 10 ** Math.floor(random.next() * 60 - 30))

test.each([0, 1, 2, 1_000, 5_000])('%i floats are sorted as the language sorts them, bit by bit', (size) => {
  const values = drawn(size)
  expect(sortFloats(values.slice())).toEqual(values.slice().sort())
})

test('what is infinite, next to nothing or a zero of either sign has its place', () => {
  const values = Float32Array.of(0, Infinity, -0, 2 ** -149, -Infinity, 3, -(2 ** -149), -0, 3)
  expect(sortFloats(values.slice())).toEqual(
    Float32Array.of(-Infinity, -(2 ** -149), -0, -0, 0, 2 ** -149, 3, 3, Infinity),
  )
})

test('a part of a larger memory is sorted without the rest', () => {
  const values = Float32Array.of(9, 3, 1, 2, 8)
  sortFloats(values.subarray(1, 4))
  expect([...values]).toEqual([9, 1, 2, 3, 8])
})
