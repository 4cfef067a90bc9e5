import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { orderId, parseOrderId, tradeId } from './order-id.ts'

describe('ids', () => {
  it('sort as their sequences do, and lead back to them', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(orderId(a) < orderId(b)).toBe(a < b)
        expect(tradeId(a, 1) < tradeId(b, 0)).toBe(a < b)
        expect(parseOrderId(orderId(a))).toBe(a)
      }),
    )
    expect([orderId(4), orderId(6), tradeId(1, 33)]).toEqual([
      'ord_00000000001',
      'ord_000000000012',
      'trd_0000000000100011',
    ])
  })

  it.each(['', 'ord_', 'ord_1', 'trd_00000000001', 'ord_0000000000i', 'ord_zzzzzzzzzzz', 'ord_000000000014'])(
    '%j is no order id',
    (text) => {
      expect(parseOrderId(text)).toBeNull()
    },
  )
})
