import { expect, test } from 'vitest'
import { above, atLeast, atMost, below, verdictOf } from './verdict.ts'

test('a verdict names what was missed; no figure meets no target', () => {
  const targets = [atLeast('a', 0.03, 0.03), atMost('b', 3, 3), above('c', 0.05, 0.05), below('d', null, 1)]
  expect(verdictOf(targets)).toEqual({ verdict: 'MISSED', missed: ['c', 'd'], targets })
  expect(verdictOf(targets.slice(0, 2)).verdict).toBe('MET')
})

test('where too little is known, that is the verdict', () => {
  expect(verdictOf([atLeast('a', 1, 2)], 'TOO FEW DAYS').verdict).toBe('TOO FEW DAYS')
})
