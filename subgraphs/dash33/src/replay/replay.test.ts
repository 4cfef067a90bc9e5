import { expect, it } from 'vitest'
import { parseRange } from './replay.ts'

it('a range names its first command, and its last one or none', () => {
  expect(parseRange('1..20')).toEqual({ from: 1, to: 20 })
  expect(parseRange('7..7')).toEqual({ from: 7, to: 7 })
  expect(parseRange('7..')).toEqual({ from: 7, to: null })
  for (const text of ['', '..', '..9', '0..9', '9..7', '1.5..2', '-1..2', '1..2..3', 'a..b']) {
    expect(parseRange(text)).toBeNull()
  }
})
