import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Ack, OrderSnapshot } from '../acks.ts'
import type { EngineEvent, TradeParty } from '../events.ts'
import { decodeOutcome, type Outcome, OutcomeWriter } from './outcome-codec.ts'

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
const terms = {
  symbol: text,
  side,
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
const names = { orderId: text, clientOrderId: text, accountId: text, userId: text, symbol: text, side }
const party: fc.Arbitrary<TradeParty> = fc.record({
  accountId: text,
  userId: text,
  orderId: text,
  clientOrderId: text,
  side,
  fee: number,
  feeBps: number,
  filledQuantity: number,
  remainingQuantity: number,
  filledQuoteAmount: number,
  status: oneOf('PARTIALLY_FILLED', 'FILLED'),
})
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
  fc.record({
    type: of('ORDER_ACCEPTED' as const),
    ...at,
    ...names,
    terms: fc.record(terms),
    expiresAt: perhaps(number),
    status: oneOf('PENDING', 'OPEN'),
    groupId: perhaps(text),
    role,
  }),
  fc.record({
    type: of('ORDER_TRIGGERED' as const),
    ...at,
    ...names,
    lastPrice: perhaps(number),
    quantity: number,
    status: oneOf('PENDING', 'OPEN'),
  }),
  fc.record({
    type: of('ORDER_AMENDED' as const),
    ...at,
    ...names,
    reason: oneOf('REQUESTED', 'SELF_TRADE'),
    price: perhaps(number),
    stopPrice: perhaps(number),
    quantity: number,
    remainingQuantity: number,
    keptPriority: fc.boolean(),
  }),
  fc.record({
    type: of('TRADE' as const),
    ...at,
    leg: number,
    tradeId: text,
    symbol: text,
    price: number,
    quantity: number,
    baseAmount: number,
    quoteAmount: number,
    takerSide: side,
    auction: fc.boolean(),
    maker: party,
    taker: party,
  }),
  fc.record({
    type: of('ORDER_CANCELLED' as const),
    ...at,
    ...names,
    reason,
    status: oneOf('CANCELLED', 'EXPIRED'),
    filledQuantity: number,
    cancelledQuantity: number,
  }),
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

const order: fc.Arbitrary<OrderSnapshot> = fc.record({
  ...terms,
  orderId: text,
  clientOrderId: text,
  accountId: text,
  filledQuantity: number,
  remainingQuantity: number,
  filledQuoteAmount: number,
  status: oneOf('PENDING', 'OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED', 'EXPIRED'),
  cancelReason: perhaps(reason),
  groupId: perhaps(text),
  role,
  createdAt: number,
  engineSequence: number,
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
  fc.record({ kind: of('ALL_CANCELLED' as const), ...at, orderIds: fc.array(text, { maxLength: 4 }) }),
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
      fc.record({ symbol: text, side, orderId: text, price: number, quantity: number, priority: number }),
    ),
    balances: fc.array(fc.record({ accountId: text, asset: text, available: number, held: number })),
    holds: fc.array(fc.record({ orderId: text, accountId: text, asset: text, held: number })),
  }),
  answers: fc.array(fc.record({ id: number, acks: fc.array(ack, { maxLength: 20 }) })),
})

it('what came of a batch arrives on the main thread as it was, with every kind of event and answer', () => {
  const writer = new OutcomeWriter()
  const seen = new Set<string>()
  fc.assert(
    fc.property(outcome, (sent) => {
      expect(decodeOutcome(writer.encode(sent))).toEqual(sent)
      for (const { type } of sent.batch.events) seen.add(`event ${type}`)
      for (const { kind } of sent.answers.flatMap(({ acks }) => acks)) seen.add(`ack ${kind}`)
    }),
  )
  expect(seen.size).toBe(15 + 11)
})
