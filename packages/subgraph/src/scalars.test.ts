import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateTimeScalar, decimalScalar, sequenceScalar } from './scalars.ts'

describe('Decimal', () => {
  it('passes every plain decimal of up to 38 digits unchanged, in and out', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,18})(\.\d{1,18})?$/)
    fc.assert(
      fc.property(digits, fc.constantFrom('', '-'), (text, sign) => {
        expect(decimalScalar.parseValue(sign + text)).toBe(sign + text)
        expect(decimalScalar.serialize(sign + text)).toBe(sign + text)
      }),
    )
  })
  it.each([1, null, true, {}, ['1'], 'Infinity', '1_000', '1,5', '--1', '١', '1\n'])('refuses %j', (value) => {
    expect(() => decimalScalar.parseValue(value)).toThrow()
  })
})

describe('DateTime', () => {
  it('is written in UTC with milliseconds, whatever the offset it came with', () => {
    expect(dateTimeScalar.parseValue('2024-08-09T01:54:14+02:00')).toBe('2024-08-08T23:54:14.000Z')
    expect(dateTimeScalar.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
  })
  it.each(['2024-08-08', 'yesterday', '2024-13-01T00:00:00Z', '2024-08-08T00:00:00', 1_723_075_200_000, null])(
    'refuses %j',
    (value) => {
      expect(() => dateTimeScalar.parseValue(value)).toThrow()
    },
  )
})

describe('Sequence', () => {
  it('is a safe integer from 0, and written from a bigint too', () => {
    expect(sequenceScalar.parseValue(2 ** 53 - 1)).toBe(2 ** 53 - 1)
    expect(sequenceScalar.serialize(7n)).toBe(7)
  })
  it.each([-1, 1.5, 2 ** 53, '7', Number.NaN, null])('refuses %j', (value) => {
    expect(() => sequenceScalar.parseValue(value)).toThrow()
  })
})
