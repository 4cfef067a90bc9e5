import { expect, test } from 'vitest'
import type { ModelAction } from './history.ts'
import { previousOf } from './previous.ts'

const moves = (...given: readonly (readonly [ModelAction, number])[]) =>
  given.map(([action, toVersion]) => ({ action, toVersion, by: 'usr_ada' }))
const leftByThePlatform = (toVersion: number) => ({ action: 'ROLLED_BACK' as const, toVersion, by: null })

test('before the version that serves, the one that it was promoted over served', () => {
  expect(previousOf(moves(['ALIAS_SET', 1], ['PROMOTED', 2], ['PROMOTED', 5]))).toBe(2)
})

test('who rolls back twice gets further back, not forth again', () => {
  const history = moves(['ALIAS_SET', 1], ['PROMOTED', 2], ['PROMOTED', 5], ['ROLLED_BACK', 2])
  expect(previousOf(history)).toBe(1)
  expect(previousOf([...history, ...moves(['ROLLED_BACK', 1])])).toBeNull()
})

test('what is promoted after a roll-back has the version below it that was rolled back to', () => {
  expect(previousOf(moves(['ALIAS_SET', 1], ['PROMOTED', 2], ['ROLLED_BACK', 1], ['PROMOTED', 3]))).toBe(1)
})

test('what gave way to a rule that never served is not gone back to', () => {
  expect(previousOf([...moves(['ALIAS_SET', 2], ['PROMOTED', 5]), leftByThePlatform(1)])).toBe(2)
  expect(previousOf([...moves(['PROMOTED', 5]), leftByThePlatform(1)])).toBeNull()
})

test('who goes back too far, and forth again to what served once, has what served between below it', () => {
  const history = moves(['ALIAS_SET', 1], ['PROMOTED', 2], ['PROMOTED', 5], ['ROLLED_BACK', 1], ['ROLLED_BACK', 5])
  expect(previousOf(history)).toBe(1)
})

test('before the first version nothing served', () => {
  expect(previousOf([])).toBeNull()
  expect(previousOf(moves(['ALIAS_SET', 1]))).toBeNull()
})
