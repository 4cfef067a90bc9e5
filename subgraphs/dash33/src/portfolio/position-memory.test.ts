import { expect, test } from 'vitest'
import { FLAT } from './position.ts'
import { PositionMemory } from './position-memory.ts'

const holding = (lots: number) => ({
  position: { ...FLAT, fifoRealised: 0n, baseFees: 0n, quoteFees: 0n },
  lots: Array.from({ length: lots }, (_, leg) => ({ engineSequence: 1, leg, acquiredAt: 0, quantity: 1n, cost: 1n })),
})
const kept = (memory: PositionMemory) => ['a', 'b', 'c', 'd'].filter((key) => memory.get(key))

test('where there are more positions than are remembered, a tenth is forgotten: those that were changed longest ago', () => {
  const memory = new PositionMemory({ positions: 3, lots: 100 })
  for (const key of ['a', 'b', 'c', 'a', 'd']) memory.set(key, holding(1))
  expect(kept(memory)).toEqual(['a', 'd'])
})

test('so it is of their lots', () => {
  const memory = new PositionMemory({ positions: 100, lots: 10 })
  for (const key of ['a', 'b', 'c']) memory.set(key, holding(4))
  expect(kept(memory)).toEqual(['b', 'c'])
  memory.set('b', holding(1))
  memory.set('d', holding(5))
  expect(kept(memory)).toEqual(['b', 'c', 'd'])
  memory.set('a', holding(11))
  expect(kept(memory)).toEqual([])
  memory.set('a', holding(10))
  expect(kept(memory)).toEqual(['a'])
})
