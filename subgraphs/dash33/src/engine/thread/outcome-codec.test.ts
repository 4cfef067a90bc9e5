import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Ack, OrderSnapshot } from '../acks.ts'
import { ORDERS_PER_COMMAND } from '../core/exchange.ts'
import type { EngineEvent, OrderNames, TradeParty } from '../events.ts'
import { orderId, tradeId } from '../order-id.ts'
import { SIDES } from '../words.ts'
import { type Outcome, OutcomeReader, OutcomeWriter } from './outcome-codec.ts'

const text = fc.string({ unit: 'grapheme-ascii', maxLength: 64 })
const number = fc.maxSafeNat()
const perhaps = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const of = fc.constant
const oneOf = <const T extends readonly unknown[]>(...values: T): fc.Arbitrary<T[number]> => fc.constantFrom(...values)
const side = oneOf('BUY', 'SELL')
const reason = oneOf('REQUESTED', 'SELF_TRADE', 'KILL_SWITCH', 'EXPIRED', 'DEAD_MAN', 'OTHER_LEG')
const role = oneOf(null, 'OCO_LIMIT', 'OCO_STOP', 'ENTRY', 'TAKE_PROFIT', 'STOP_LOSS')
const marketStatus = oneOf('TRADING', 'PAUSED', 'AUCTION')
const recording = perhaps(fc.record({ dataSet: text, segment: text, pass: number }))

/** Of orders: few, so that they come again, and some of them share the place where both threads remember them. */
const placed = fc
  .tuple(fc.integer({ min: ORDERS_PER_COMMAND, max: 80 }), oneOf(0, 2 ** 17, 2 ** 52))
  .map(([low, high]) => low + high)
const id = placed.map(orderId)
const sequenceOf = (number: number) => Math.floor(number / ORDERS_PER_COMMAND)
/** What an order is named by follows from its number. */
const namesOf = (number: number): OrderNames => ({
  orderId: orderId(number),
  clientOrderId: `client ${number}`,
  accountId: `account ${number % 7}`,
  userId: `user ${number % 7}`,
  symbol: `symbol ${number % 3}`,
  side: SIDES[number % 2]!,
})
const named = <T extends object>(rest: fc.Arbitrary<T>) =>
  fc.tuple(placed, rest).map(([number, each]) => ({ ...each, ...namesOf(number) }))

const terms = {
  type: oneOf('LIMIT', 'MARKET', 'STOP', 'STOP_LIMIT', 'TRAILING_STOP'),
  timeInForce: oneOf('GTC', 'IOC', 'FOK', 'GTD', 'DAY'),
  price: perhaps(number),
  quantity: number,
  stopPrice: perhaps(number),
  trailingAmount: perhaps(number),
  trailingBps: perhaps(number),
  displayQuantity: perhaps(number),
  postOnly: fc.boolean(),
  selfTradePrevention: oneOf('NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT'),
  expiresAt: perhaps(number),
}
const party = fc.record({
  fee: number,
  feeBps: number,
  filledQuantity: number,
  remainingQuantity: number,
  filledQuoteAmount: number,
  status: oneOf('PARTIALLY_FILLED', 'FILLED'),
})
const partyOf = (order: number, standing: typeof party extends fc.Arbitrary<infer T> ? T : never): TradeParty => {
  const { symbol: _, ...names } = namesOf(order)
  return { ...names, ...standing }
}
const audited = { engineSequence: number, changedBy: text, reason: text }
const rules = fc.record({
  maxQuantity: number,
  minNotional: number,
  collarBps: number,
  protectionBps: number,
  priceBandBps: number,
  bandWindowMs: number,
  haltAuctionMs: number,
})
const limits = fc.record({
  maxOrderQuantity: perhaps(number),
  maxOrderNotional: perhaps(number),
  maxOpenOrders: perhaps(number),
  maxPosition: perhaps(number),
  maxExposure: perhaps(number),
  maxMessagesPerSecond: perhaps(number),
})
const tiers = fc.array(fc.record({ minVolume: number, makerBps: number, takerBps: number }), { maxLength: 3 })
const at = { engineSequence: number }
const sequence = fc.nat(2 ** 40)

const event: fc.Arbitrary<EngineEvent> = fc.oneof(
  fc.record({ type: of('ACCOUNT_OPENED' as const), ...at, accountId: text, userId: text }),
  fc.record({
    type: of('CREDITED' as const),
    ...at,
    accountId: text,
    userId: text,
    asset: text,
    amount: number,
    reference: text,
  }),
  fc
    .tuple(
      placed,
      fc.record(terms),
      fc.record({ expiresAt: perhaps(number), status: oneOf('PENDING', 'OPEN'), groupId: perhaps(id), role }),
    )
    .map(([order, asked, rest]) => {
      const names = namesOf(order)
      const { symbol, side } = names
      const engineSequence = sequenceOf(order)
      return { type: 'ORDER_ACCEPTED' as const, engineSequence, ...names, terms: { ...asked, symbol, side }, ...rest }
    }),
  named(
    fc.record({
      type: of('ORDER_TRIGGERED' as const),
      ...at,
      lastPrice: perhaps(number),
      quantity: number,
      status: oneOf('PENDING', 'OPEN'),
    }),
  ),
  named(
    fc.record({
      type: of('ORDER_AMENDED' as const),
      ...at,
      reason: oneOf('REQUESTED', 'SELF_TRADE'),
      price: perhaps(number),
      stopPrice: perhaps(number),
      quantity: number,
      remainingQuantity: number,
      keptPriority: fc.boolean(),
    }),
  ),
  fc
    .tuple(
      placed,
      fc.tuple(party, party),
      fc.record({
        type: of('TRADE' as const),
        engineSequence: sequence,
        leg: fc.nat(2 ** 25 - 1),
        price: number,
        quantity: number,
        baseAmount: number,
        quoteAmount: number,
        takerSide: side,
        auction: fc.boolean(),
      }),
    )
    .map(([order, [maker, taker], trade]) => ({
      ...trade,
      tradeId: tradeId(trade.engineSequence, trade.leg),
      symbol: namesOf(order).symbol,
      maker: partyOf(order, maker),
      // Three commands later: of the same market.
      taker: partyOf(order + 3 * ORDERS_PER_COMMAND, taker),
    })),
  named(
    fc.record({
      type: of('ORDER_CANCELLED' as const),
      ...at,
      reason,
      status: oneOf('CANCELLED', 'EXPIRED'),
      filledQuantity: number,
      cancelledQuantity: number,
    }),
  ),
  fc.record({
    type: of('MARKET_STATUS_SET' as const),
    ...at,
    symbol: text,
    status: marketStatus,
    reason: oneOf('OPERATOR', 'PRICE_BAND', 'AUCTION_ENDED'),
    auctionEndsAt: perhaps(number),
    recording,
  }),
  fc.record({ type: of('AUCTION_UNCROSSED' as const), ...at, symbol: text, price: perhaps(number), quantity: number }),
  fc.record({
    type: of('KILL_SWITCH_SET' as const),
    ...audited,
    scope: oneOf('ACCOUNT', 'MARKET', 'VENUE'),
    target: text,
    engaged: fc.boolean(),
  }),
  fc.record({ type: of('MARKET_RULES_SET' as const), ...audited, symbol: text, before: rules, rules }),
  fc.record({
    type: of('RISK_LIMITS_SET' as const),
    ...audited,
    profile: text,
    symbol: perhaps(text),
    before: perhaps(limits),
    limits,
  }),
  fc.record({ type: of('RISK_PROFILE_ASSIGNED' as const), ...audited, accountId: text, before: text, profile: text }),
  fc.record({ type: of('FEE_SCHEDULE_SET' as const), ...audited, before: tiers, tiers }),
  fc.record({ type: of('CANCEL_ALL_AFTER_SET' as const), ...at, accountId: text, at: perhaps(number) }),
)

const order: fc.Arbitrary<OrderSnapshot> = fc
  .tuple(
    placed,
    fc.record({
      ...terms,
      filledQuantity: number,
      remainingQuantity: number,
      filledQuoteAmount: number,
      status: oneOf('PENDING', 'OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED'),
      cancelReason: perhaps(reason),
      groupId: perhaps(id),
      role,
      createdAt: number,
    }),
  )
  .map(([number, standing]) => {
    const { userId: _, ...names } = namesOf(number)
    return { ...names, ...standing, engineSequence: sequenceOf(number) }
  })
const fills = fc.array(
  fc.record({
    tradeId: text,
    price: number,
    quantity: number,
    fee: number,
    quoteAmount: number,
    liquidity: of('TAKER' as const),
  }),
  { maxLength: 3 },
)
const ack: fc.Arbitrary<Ack> = fc.oneof(
  fc.record({
    kind: of('PLACED' as const),
    order,
    fills,
    linked: fc.array(order, { maxLength: 2 }),
    replayed: fc.boolean(),
  }),
  fc.record({ kind: of('AMENDED' as const), ...at, order, fills, keptPriority: fc.boolean() }),
  fc.record({ kind: of('CANCELLED' as const), ...at, order }),
  fc.record({ kind: of('ACCOUNT_OPENED' as const), ...at, accountId: text, replayed: fc.boolean() }),
  fc.record({
    kind: of('CREDITED' as const),
    ...at,
    accountId: text,
    asset: text,
    available: number,
    held: number,
    replayed: fc.boolean(),
  }),
  fc.record({ kind: of('ALL_CANCELLED' as const), ...at, orderIds: fc.array(id, { maxLength: 4 }) }),
  fc.record({ kind: of('CANCEL_ALL_AFTER_SET' as const), ...at, at: perhaps(number) }),
  fc.record({ kind: of('SETTING_CHANGED' as const), ...at }),
  fc.record({ kind: of('TICKED' as const), ...at }),
  fc.record({
    kind: of('MARKET_STATUS_SET' as const),
    ...at,
    symbol: text,
    status: marketStatus,
    auctionEndsAt: perhaps(number),
    recording,
  }),
  fc.record({
    kind: of('REFUSED' as const),
    code: oneOf('UNKNOWN_ACCOUNT', 'ORDER_NOT_OPEN', 'POST_ONLY_WOULD_TRADE'),
  }),
  fc.record({
    kind: of('REFUSED' as const),
    code: of('RISK_LIMIT_EXCEEDED' as const),
    rule: oneOf('MAX_EXPOSURE', 'PRICE_COLLAR'),
    limit: number,
    observed: number,
    headroom: fc.integer(),
  }),
)

const outcome: fc.Arbitrary<Outcome> = fc.record({
  batch: fc.record({
    firstSequence: number,
    lastSequence: number,
    time: number,
    events: fc.array(event, { maxLength: 60 }),
    levels: fc.array(fc.record({ symbol: text, side, price: number, quantity: number })),
    resting: fc.array(
      fc.tuple(placed, fc.record({ price: number, quantity: number, priority: number })).map(([order, rest]) => {
        const { symbol, side, orderId } = namesOf(order)
        return { symbol, side, orderId, ...rest }
      }),
    ),
    balances: fc.array(fc.record({ accountId: text, asset: text, available: number, held: number })),
    holds: fc.array(
      fc.tuple(placed, fc.record({ asset: text, held: number })).map(([order, rest]) => {
        const { orderId, accountId } = namesOf(order)
        return { orderId, accountId, ...rest }
      }),
    ),
  }),
  answers: fc.array(fc.record({ id: number, acks: fc.array(ack, { maxLength: 20 }) })),
})

it('what came of a batch arrives on the main thread as it was, with every kind of event and answer', () => {
  const writer = new OutcomeWriter()
  const reader = new OutcomeReader()
  const seen = new Set<string>()
  fc.assert(
    fc.property(outcome, (sent) => {
      expect(reader.decode(writer.encode(sent))).toEqual(sent)
      for (const { type } of sent.batch.events) seen.add(`event ${type}`)
      for (const { kind } of sent.answers.flatMap(({ acks }) => acks)) seen.add(`ack ${kind}`)
    }),
  )
  expect(seen.size).toBe(15 + 11)
})

it('an id that is no order of the engine does not pass for one', () => {
  for (const wrong of ['', 'ord_', 'ord_0000000000', 'ord_0000000000u', 'ord_00000000001x', 'ord_0000000000134']) {
    const hold = { orderId: wrong, accountId: 'ann', asset: 'BTC', held: 1 }
    const batch = { firstSequence: 1, lastSequence: 1, time: 0, events: [], levels: [], resting: [], balances: [] }
    expect(() => new OutcomeWriter().encode({ batch: { ...batch, holds: [hold] }, answers: [] })).toThrow('not known')
  }
})
