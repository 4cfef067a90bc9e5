import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inadmissible } from './admission.ts'
import type { Command, PlaceOrder } from './commands.ts'
import { Engine } from './engine.ts'

const order: PlaceOrder = {
  kind: 'PLACE',
  accountId: 'ann',
  clientOrderId: 'key',
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 100,
  quantity: 10,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
}

describe('a command', () => {
  it.each([
    [{ symbol: 'DOGE-USDT' }, 'UNKNOWN_MARKET'],
    [{ price: 0 }, 'PRICE_NOT_POSITIVE'],
    [{ price: -0 }, 'PRICE_NOT_POSITIVE'],
    [{ price: -1 }, 'PRICE_NOT_POSITIVE'],
    [{ price: Number.NaN }, 'PRICE_NOT_POSITIVE'],
    [{ price: null }, 'PRICE_REQUIRED'],
    [{ type: 'MARKET' }, 'TIME_IN_FORCE_NOT_ALLOWED'],
    [{ type: 'STOP' }, 'STOP_PRICE_REQUIRED'],
    [{ type: 'STOP', stopPrice: 90, timeInForce: 'IOC' }, 'TIME_IN_FORCE_NOT_ALLOWED'],
    [{ type: 'STOP_LIMIT', stopPrice: 90, price: null }, 'PRICE_REQUIRED'],
    [{ stopPrice: 90 }, 'STOP_PRICE_NOT_ALLOWED'],
    [{ type: 'TRAILING_STOP' }, 'TRAILING_DISTANCE_REQUIRED'],
    [{ type: 'TRAILING_STOP', trailingAmount: 1, trailingBps: 1 }, 'TRAILING_DISTANCE_REQUIRED'],
    [{ type: 'TRAILING_STOP', trailingBps: 10_000 }, 'INVALID_COMMAND'],
    [{ trailingAmount: 1 }, 'TRAILING_DISTANCE_NOT_ALLOWED'],
    [{ timeInForce: 'IOC', displayQuantity: 1 }, 'DISPLAY_QUANTITY_NOT_ALLOWED'],
    [{ displayQuantity: 0 }, 'INVALID_COMMAND'],
    [{ timeInForce: 'FOK', postOnly: true }, 'POST_ONLY_NOT_ALLOWED'],
    [{ timeInForce: 'GTD' }, 'EXPIRY_REQUIRED'],
    [{ timeInForce: 'DAY', expiresAt: 1 }, 'EXPIRY_NOT_ALLOWED'],
    [{ quantity: 0 }, 'QUANTITY_NOT_POSITIVE'],
    [{ quantity: 0.1 + 0.2 }, 'INVALID_COMMAND'],
    [{ quantity: Number.POSITIVE_INFINITY }, 'INVALID_COMMAND'],
    [{ price: 2 ** 53 }, 'ORDER_TOO_LARGE'],
    [{ price: 2 ** 30, quantity: 2 ** 30 }, 'ORDER_TOO_LARGE'],
    [{ clientOrderId: '' }, 'INVALID_COMMAND'],
    [{ clientOrderId: 'x'.repeat(65) }, 'INVALID_COMMAND'],
    [{ clientOrderId: 'né' }, 'INVALID_COMMAND'],
  ] as [Partial<PlaceOrder>, string][])('with %j is refused as %s before it is journaled', (change, code) => {
    expect(inadmissible({ ...order, ...change })).toMatchObject({ kind: 'REFUSED', code })
  })

  it('to cancel names exactly one key', () => {
    expect(inadmissible({ kind: 'CANCEL', accountId: 'ann' })).toMatchObject({ code: 'INVALID_COMMAND' })
    expect(inadmissible({ kind: 'CANCEL', accountId: 'ann', orderId: 'a', clientOrderId: 'b' })).not.toBeNull()
    expect(inadmissible({ kind: 'CANCEL', accountId: 'ann', clientOrderId: 'b' })).toBeNull()
  })

  it('that is admitted can always be journaled and applied, 10,000 strange ones included', () => {
    const number = fc.oneof(
      fc.constantFrom(0.1 + 0.2, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -0, -1, 1e3, 1, 5),
      fc.double(),
      fc.integer(),
    )
    const text = fc.oneof(fc.constantFrom('ann', 'BTC-USDT', 'BTC', '__proto__', 'constructor', ''), fc.string())
    const strange: fc.Arbitrary<Command> = fc.oneof(
      fc.record({ kind: fc.constant('OPEN_ACCOUNT' as const), accountId: text, userId: text }),
      fc.record({
        kind: fc.constant('CREDIT' as const),
        accountId: text,
        asset: text,
        amount: number,
        reference: text,
      }),
      fc.record({
        kind: fc.constant('PLACE' as const),
        accountId: text,
        clientOrderId: text,
        symbol: text,
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        type: fc.constantFrom('LIMIT' as const, 'MARKET' as const),
        timeInForce: fc.constantFrom('GTC' as const, 'IOC' as const),
        price: fc.option(number),
        quantity: number,
        stopPrice: fc.constant(null),
        trailingAmount: fc.constant(null),
        trailingBps: fc.constant(null),
        displayQuantity: fc.constant(null),
        postOnly: fc.boolean(),
        selfTradePrevention: fc.constant('NONE' as const),
        expiresAt: fc.constant(null),
      }),
      fc.record({ kind: fc.constant('CANCEL' as const), accountId: text, clientOrderId: text }),
    )
    const engine = new Engine()
    let admitted = 0
    fc.assert(
      fc.property(strange, (command) => {
        if (inadmissible(command)) return
        admitted++
        expect(engine.applyBatch([command], 1).acks).toHaveLength(1)
      }),
      { numRuns: 10_000 },
    )
    expect(admitted).toBeGreaterThan(100)
  })
})
