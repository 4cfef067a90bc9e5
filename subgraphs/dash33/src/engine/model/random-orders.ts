import fc from 'fast-check'
import type { OrderTerms } from '../commands.ts'

/** A quarter of a minute before a UTC midnight, so that DAY orders end within a run. */
export const START = Date.UTC(2026, 7, 1, 23, 59, 45)
const ACCOUNTS = ['ann', 'bob', 'eve', 'joe']

export const one = fc.constantFrom
/** Equal to its own copy. */
export const plainRecord = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true })
/** Null now and then. @param times how often it is not, against one null */
export const perhaps = <T>(value: fc.Arbitrary<T>, times = 2) => fc.option(value, { nil: null, freq: times + 1 })
export const accountId = one(...ACCOUNTS)
export const symbol = one('BTC-USDT', 'BTC-USDT', 'ETH-USDT')
export const side = one('BUY' as const, 'SELL' as const)
export const price = fc.integer({ min: 94, max: 106 })
const quantity = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: one(0, 30) },
)
const selfTradePrevention = one('EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT', 'NONE') as fc.Arbitrary<
  'EXPIRE_TAKER' | 'EXPIRE_MAKER' | 'EXPIRE_BOTH' | 'DECREMENT' | 'NONE'
>
// Now and then one that has been used, or that a leg of a pair has.
export const clientOrderId = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 99_999 }).map((n) => `new-${n}`) },
  { weight: 1, arbitrary: one('again-1', 'again-2', 'again-1.stop', 'again-2.profit') },
)
const expiry = fc.integer({ min: -500, max: 45_000 }).map((after) => START + after)
const waiting = fc
  .tuple(one('GTC' as const, 'GTC' as const, 'GTC' as const, 'GTD' as const, 'DAY' as const), expiry)
  .map(([timeInForce, expiresAt]) => ({ timeInForce, expiresAt: timeInForce === 'GTD' ? expiresAt : null }))
const instant = one({ timeInForce: 'IOC' as const, expiresAt: null }, { timeInForce: 'FOK' as const, expiresAt: null })
export const often = <T>(times: number, value: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: times, arbitrary: value }, { weight: 1, arbitrary: other })

const base = {
  symbol,
  side,
  quantity,
  selfTradePrevention,
  stopPrice: fc.constant(null),
  trailingAmount: fc.constant(null),
  trailingBps: fc.constant(null),
  displayQuantity: fc.constant(null),
  postOnly: fc.constant(false),
}
const merge = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([x, y]) => ({ ...x, ...y }))

const limitTerms: fc.Arbitrary<OrderTerms> = merge(
  fc.record({
    ...base,
    type: fc.constant('LIMIT' as const),
    price,
    displayQuantity: perhaps(fc.integer({ min: 1, max: 6 }), 1),
    postOnly: often(6, fc.constant(false), fc.constant(true)),
  }),
  fc.oneof({ weight: 5, arbitrary: waiting }, { weight: 2, arbitrary: instant }),
).map((terms) => (terms.timeInForce === 'IOC' || terms.timeInForce === 'FOK' ? plain(terms) : terms))
const plain = <T extends object>(terms: T) => ({ ...terms, displayQuantity: null, postOnly: false })
const marketTerms: fc.Arbitrary<OrderTerms> = merge(
  fc.record({ ...base, type: fc.constant('MARKET' as const), price: perhaps(price, 1) }),
  instant,
)
const stopTerms: fc.Arbitrary<OrderTerms> = merge(
  fc.oneof(
    fc.record({ ...base, type: fc.constant('STOP' as const), price: perhaps(price, 1), stopPrice: price }),
    fc.record({ ...base, type: fc.constant('STOP_LIMIT' as const), price, stopPrice: price }),
    fc.record({
      ...base,
      type: fc.constant('TRAILING_STOP' as const),
      price: perhaps(price, 1),
      stopPrice: perhaps(price, 1),
      trailingAmount: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({
      ...base,
      type: fc.constant('TRAILING_STOP' as const),
      price: perhaps(price, 1),
      stopPrice: perhaps(price, 1),
      trailingBps: one(50, 150, 320),
    }),
  ),
  waiting,
)
const terms: fc.Arbitrary<OrderTerms> = fc.oneof(
  { weight: 6, arbitrary: limitTerms },
  { weight: 2, arbitrary: marketTerms },
  { weight: 3, arbitrary: stopTerms },
)
/** Terms in which any field may not fit the others. */
const oddTerms: fc.Arbitrary<OrderTerms> = merge(
  terms,
  fc.record(
    {
      price: perhaps(price),
      stopPrice: perhaps(price),
      trailingBps: perhaps(fc.constant(100)),
      displayQuantity: perhaps(quantity),
      postOnly: fc.boolean(),
      timeInForce: one('GTC' as const, 'IOC' as const, 'GTD' as const),
    },
    { requiredKeys: [] },
  ),
)
const placing = { accountId, clientOrderId }
export const kind = <K extends string>(name: K) => fc.record({ kind: fc.constant(name) })
export const place = merge(fc.record({ kind: fc.constant('PLACE' as const), ...placing }), often(25, terms, oddTerms))

export const oco = merge(
  fc.record({
    kind: fc.constant('PLACE_OCO' as const),
    ...placing,
    symbol,
    side,
    quantity,
    selfTradePrevention,
    postOnly: often(6, fc.constant(false), fc.constant(true)),
  }),
  fc
    .tuple(waiting, side, fc.tuple(fc.integer({ min: 97, max: 103 }), fc.integer({ min: 1, max: 5 }), price))
    .map(([time, seller, [middle, distance, limit]]) => {
      const sign = seller === 'SELL' ? 1 : -1
      return {
        ...time,
        side: seller,
        price: middle + sign * distance,
        stopPrice: middle - sign * 2,
        stopLimitPrice: limit % 2 ? null : limit,
      }
    }),
)
export const bracket = fc
  .record({
    ...placing,
    entry: often(2, limitTerms, marketTerms),
    below: fc.integer({ min: 1, max: 5 }),
    above: fc.integer({ min: 1, max: 5 }),
    stopLimitPrice: perhaps(price, 1),
  })
  .map(({ below, above, ...rest }) => {
    const middle = rest.entry.price ?? 100
    const sign = rest.entry.side === 'BUY' ? 1 : -1
    const prices = { takeProfitPrice: middle + sign * above, stopPrice: middle - sign * below }
    return { kind: 'PLACE_BRACKET' as const, ...rest, ...prices }
  })
