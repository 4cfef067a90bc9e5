import fc from 'fast-check'
import type { Command } from '../../subgraphs/dash33/src/engine/commands.ts'

const text = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 64 })
const whole = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1 })
const natural = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 })
const perhaps = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const kind = <K extends string>(name: K) => fc.constant(name)
const side = fc.constantFrom('BUY' as const, 'SELL' as const)
const timeInForce = fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const, 'GTD' as const, 'DAY' as const)
const resting = fc.constantFrom('GTC' as const, 'GTD' as const, 'DAY' as const)
const selfTradePrevention = fc.constantFrom(
  'NONE' as const,
  'EXPIRE_TAKER' as const,
  'EXPIRE_MAKER' as const,
  'EXPIRE_BOTH' as const,
  'DECREMENT' as const,
)

const terms = {
  symbol: text,
  side,
  type: fc.constantFrom(
    'LIMIT' as const,
    'MARKET' as const,
    'STOP' as const,
    'STOP_LIMIT' as const,
    'TRAILING_STOP' as const,
  ),
  timeInForce,
  price: perhaps(whole),
  quantity: whole,
  stopPrice: perhaps(whole),
  trailingAmount: perhaps(whole),
  trailingBps: perhaps(whole),
  displayQuantity: perhaps(whole),
  postOnly: fc.boolean(),
  selfTradePrevention,
  expiresAt: perhaps(whole),
}
const authorised = { changedBy: text, reason: text }
const amendment = { quantity: perhaps(whole), price: perhaps(whole), stopPrice: perhaps(whole) }

/** Every kind of command, with any values that its type allows, sensible or not. */
export const arbitraryCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: kind('OPEN_ACCOUNT'), accountId: text, userId: text }),
  fc.record({ kind: kind('CREDIT'), accountId: text, asset: text, amount: whole, reference: text }),
  fc.record({ kind: kind('PLACE'), accountId: text, clientOrderId: text, ...terms }),
  fc.record({
    kind: kind('PLACE_OCO'),
    accountId: text,
    clientOrderId: text,
    symbol: text,
    side,
    quantity: whole,
    price: whole,
    stopPrice: whole,
    stopLimitPrice: perhaps(whole),
    postOnly: fc.boolean(),
    timeInForce: resting,
    expiresAt: perhaps(whole),
    selfTradePrevention,
  }),
  fc.record({
    kind: kind('PLACE_BRACKET'),
    accountId: text,
    clientOrderId: text,
    entry: fc.record(terms),
    takeProfitPrice: whole,
    stopPrice: whole,
    stopLimitPrice: perhaps(whole),
  }),
  fc.record({ kind: kind('CANCEL'), accountId: text, orderId: text }),
  fc.record({ kind: kind('CANCEL'), accountId: text, clientOrderId: text }),
  fc.record({ kind: kind('AMEND'), accountId: text, orderId: text, ...amendment }),
  fc.record({ kind: kind('AMEND'), accountId: text, clientOrderId: text, ...amendment }),
  fc.record({ kind: kind('CANCEL_ALL'), accountId: text, symbol: perhaps(text), side: perhaps(side) }),
  fc.record({ kind: kind('CANCEL_ALL_AFTER'), accountId: text, delayMs: natural }),
  fc.record({
    kind: kind('SET_KILL_SWITCH'),
    scope: fc.constantFrom('ACCOUNT' as const, 'MARKET' as const, 'VENUE' as const),
    target: fc.string({ unit: 'grapheme-ascii', maxLength: 64 }),
    engaged: fc.boolean(),
    ...authorised,
  }),
  fc.record({
    kind: kind('SET_MARKET_STATUS'),
    symbol: text,
    status: fc.constantFrom('TRADING' as const, 'PAUSED' as const, 'AUCTION' as const),
    auctionMs: perhaps(natural),
    recording: perhaps(fc.record({ dataSet: text, segment: text, repetition: whole })),
  }),
  fc.record({
    kind: kind('SET_MARKET_RULES'),
    symbol: text,
    rules: fc.record({
      maxQuantity: natural,
      minNotional: natural,
      collarBps: natural,
      protectionBps: natural,
      priceBandBps: natural,
      bandWindowMs: natural,
      haltAuctionMs: natural,
    }),
    ...authorised,
  }),
  fc.record({
    kind: kind('SET_RISK_LIMITS'),
    profile: text,
    symbol: perhaps(text),
    limits: fc.record({
      maxOrderQuantity: perhaps(natural),
      maxOrderNotional: perhaps(natural),
      maxOpenOrders: perhaps(natural),
      maxPosition: perhaps(natural),
      maxExposure: perhaps(natural),
      maxMessagesPerSecond: perhaps(natural),
    }),
    ...authorised,
  }),
  fc.record({ kind: kind('ASSIGN_RISK_PROFILE'), accountId: text, profile: text, ...authorised }),
  fc.record({
    kind: kind('SET_FEE_SCHEDULE'),
    tiers: fc.array(fc.record({ minVolume: natural, makerBps: natural, takerBps: natural }), { maxLength: 5 }),
    ...authorised,
  }),
  fc.record({ kind: kind('TICK') }),
)
