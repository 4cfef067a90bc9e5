import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defineInstrument,
  feeOn,
  findInstrument,
  formatIncrements,
  INSTRUMENTS,
  isExactOrder,
  parseIncrements,
  quoteAmount,
} from './instruments.ts'

const btc = findInstrument('BTC-USDT')!

describe('a market', () => {
  it('costs one minor unit of USDT per tick and lot of BTC, and ten of ETH', () => {
    expect(INSTRUMENTS.map((each) => [each.symbol, each.quoteUnitsPerTickLot, each.baseUnitsPerLot])).toEqual([
      ['BTC-USDT', 1, 1_000],
      ['ETH-USDT', 10, 10_000],
    ])
  })

  it('cannot be defined where an amount would not be whole', () => {
    expect(() => defineInstrument('BTC', 'USDT', { units: 1, scale: 3 }, { units: 1, scale: 5 })).toThrow('exact')
  })

  it('prices every order that passes as exact without a rounding error', () => {
    const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(fc.constantFrom(...INSTRUMENTS), whole, whole, (instrument, price, quantity) => {
        const exact = BigInt(price) * BigInt(quantity) * BigInt(instrument.quoteUnitsPerTickLot)
        const fits = exact < 2n ** 53n && BigInt(quantity) * BigInt(instrument.baseUnitsPerLot) < 2n ** 53n
        expect(isExactOrder(instrument, price, quantity)).toBe(fits)
        if (fits) expect(BigInt(quoteAmount(instrument, price, quantity))).toBe(exact)
      }),
    )
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90_000_000 }),
        fc.integer({ min: 1, max: 100_000_000 }),
        (price, quantity) => {
          const exact = BigInt(price) * BigInt(quantity)
          if (isExactOrder(btc, price, quantity)) expect(BigInt(quoteAmount(btc, price, quantity))).toBe(exact)
          else expect(exact).toBeGreaterThanOrEqual(2n ** 53n / 1_000n)
        },
      ),
    )
  })
})

describe('a fee', () => {
  it('is rounded up, so that the venue never loses a part of a unit', () => {
    expect([feeOn(0, 5), feeOn(1, 5), feeOn(2_000, 5), feeOn(2_001, 5), feeOn(10_000, 2)]).toEqual([0, 1, 1, 2, 2])
  })

  it('is exact for every safe amount', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 10_000 }), (amount, bps) => {
        expect(BigInt(feeOn(amount, bps))).toBe((BigInt(amount) * BigInt(bps) + 9_999n) / 10_000n)
      }),
    )
  })
})

describe('a price or quantity in text', () => {
  it.each([
    ['61234.56', 6_123_456],
    ['61234.560', 6_123_456],
    ['1', 100],
  ])('%s is %d ticks', (text, ticks) => {
    expect(parseIncrements(text, btc.tick)).toEqual({ ok: true, value: ticks })
  })

  it.each([
    ['0.001', 'OFF_INCREMENT'],
    ['0', 'NOT_POSITIVE'],
    ['-1', 'NOT_POSITIVE'],
    ['-0', 'NOT_POSITIVE'],
    ['1e3', 'NOT_A_DECIMAL'],
    ['NaN', 'NOT_A_DECIMAL'],
    ['Infinity', 'NOT_A_DECIMAL'],
    ['', 'NOT_A_DECIMAL'],
    ['90071992547409.92', 'TOO_LARGE'],
    ['1234567890123456789012345678901234567890.5', 'TOO_MANY_DIGITS'],
  ])('%j is refused as %s', (text, error) => {
    expect(parseIncrements(text, btc.tick)).toEqual({ ok: false, error })
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (lots) => {
        expect(parseIncrements(formatIncrements(lots, btc.lot), btc.lot)).toEqual({ ok: true, value: lots })
      }),
    )
  })
})
