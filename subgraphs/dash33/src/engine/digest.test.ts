import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Digest } from './digest.ts'

const digestOf = (values: readonly number[], digest = new Digest()) => {
  for (const value of values) digest.number(value)
  return digest.hex()
}

describe('the running hash', () => {
  it('tells different histories apart, the order of things included', () => {
    const history = fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(history, history, (a, b) => {
        expect(digestOf(a) === digestOf(b)).toBe(a.join() === b.join())
      }),
    )
    const seen = new Set(Array.from({ length: 100_000 }, (_, n) => digestOf([n, 2 ** 40 + n])))
    expect(seen.size).toBe(100_000)
  })

  it('goes on from its written form as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), fc.array(fc.maxSafeNat()), (before, after) => {
        expect(digestOf(after, Digest.parse(digestOf(before)))).toBe(digestOf([...before, ...after]))
      }),
    )
  })

  it('never changes its values: journals are checked against them', () => {
    const digest = new Digest()
    digest.text('TRADE')
    digest.number(2 ** 53 - 1)
    expect(digest.hex()).toMatchInlineSnapshot(`"1cd98ba2d3863446"`)
    expect(digest.is('1cd98ba2d3863446')).toBe(true)
    for (const other of ['1cd98ba2d3863447', '0cd98ba2d3863446', '1cd98ba2d386344', '1cd98ba2d38634460']) {
      expect(digest.is(other)).toBe(false)
    }
  })
})
