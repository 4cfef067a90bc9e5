import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDecimal, parseDecimal } from './decimal.ts'

const scale = fc.integer({ min: 0, max: 18 })
const units = fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n })
const max38 = 10n ** 38n - 1n

describe('a decimal', () => {
  it('that was written is read back as the same units', () => {
    fc.assert(
      fc.property(units, scale, (value, decimals) => {
        expect(parseDecimal(formatDecimal(value, decimals), decimals)).toEqual({ ok: true, value })
      }),
    )
  })
  it('keeps its value when it is read at a finer scale', () => {
    fc.assert(
      fc.property(units, scale, fc.integer({ min: 0, max: 10 }), (value, decimals, finer) => {
        const read = parseDecimal(formatDecimal(value, decimals), decimals + finer)
        expect(read).toEqual({ ok: true, value: value * 10n ** BigInt(finer) })
      }),
    )
  })
  it('is written alike from a number and from a bigint, and from nothing that is no whole number', () => {
    const numbers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-0, 2 ** 53, -(2 ** 70)))
    fc.assert(
      fc.property(numbers, scale, (value, decimals) => {
        expect(formatDecimal(value, decimals)).toBe(formatDecimal(BigInt(value), decimals))
      }),
    )
    for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => formatDecimal(value, 2)).toThrow(RangeError)
  })
  it('is ordered as its units are', () => {
    fc.assert(
      fc.property(units, units, (a, b) => {
        const [x, y] = [Number(formatDecimal(a, 0)), Number(formatDecimal(b, 0))]
        expect(a < b ? x <= y : x >= y).toBe(true)
      }),
    )
  })
  it('has exactly as many fractional digits as its scale', () => {
    fc.assert(
      fc.property(units, scale, (value, decimals) => {
        expect(formatDecimal(value, decimals).split('.')[1]?.length ?? 0).toBe(decimals)
      }),
    )
  })
  it('never loses a digit: non-zero ones beyond the scale are refused, zeros are not', () => {
    fc.assert(
      fc.property(units, scale, fc.integer({ min: 0, max: 9 }), (value, decimals, digit) => {
        const text = `${formatDecimal(value, decimals)}${decimals === 0 ? '.' : ''}${digit}`
        expect(parseDecimal(text, decimals)).toEqual(
          digit === 0 ? { ok: true, value } : { ok: false, error: 'TOO_PRECISE' },
        )
      }),
    )
  })
  it.each([
    ['61837.63', 2, 6_183_763n],
    ['-0.5', 1, -5n],
    ['-0', 2, 0n],
    ['0.00000', 5, 0n],
    [String(max38), 0, max38],
    [`-${max38}`, 0, -max38],
  ])('%s at scale %i is %i units', (text, decimals, value) => {
    expect(parseDecimal(text, decimals)).toEqual({ ok: true, value })
  })
  it.each([
    '',
    ' ',
    '1 ',
    '+1',
    '1e3',
    '1E3',
    'NaN',
    'Infinity',
    '0x10',
    '01',
    '-01',
    '.5',
    '5.',
    '1,5',
    '1_0',
    '--1',
    '1.2.3',
    '１',
    '1\n',
    'null',
  ])('is not "%s"', (text) => {
    expect(parseDecimal(text, 2)).toEqual({ ok: false, error: 'NOT_A_DECIMAL' })
  })
  it('has at most 40 characters', () => {
    expect(parseDecimal('1'.repeat(41), 0)).toEqual({ ok: false, error: 'TOO_MANY_DIGITS' })
  })
  it('is never read from other text, and reading never throws', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), scale, (text, decimals) => {
        const read = parseDecimal(text, decimals)
        if (read.ok) expect(text).toMatch(/^-?\d+(\.\d+)?$/)
      }),
    )
  })
})
