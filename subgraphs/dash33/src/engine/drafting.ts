import type { OrderTerms, PlaceBracket, PlaceOco } from './commands.ts'
import { NO_ROLE } from './core/codes.ts'
import type { Draft } from './core/draft.ts'
import { ORDER_TYPES, SELF_TRADE_MODES, TIMES_IN_FORCE } from './words.ts'

/** Writes the terms of an order in the core's numbers. */
export function fill(draft: Draft, account: number, market: number, terms: OrderTerms): Draft {
  draft.account = account
  draft.market = market
  draft.side = terms.side === 'BUY' ? 0 : 1
  draft.type = ORDER_TYPES.indexOf(terms.type)
  draft.timeInForce = TIMES_IN_FORCE.indexOf(terms.timeInForce)
  draft.price = terms.price ?? 0
  draft.quantity = terms.quantity
  draft.stop = terms.stopPrice ?? 0
  draft.trailingAmount = terms.trailingAmount ?? 0
  draft.trailingBps = terms.trailingBps ?? 0
  draft.peak = terms.displayQuantity ?? 0
  draft.postOnly = terms.postOnly
  draft.selfTrade = SELF_TRADE_MODES.indexOf(terms.selfTradePrevention)
  draft.expiresAt = terms.expiresAt ?? 0
  draft.role = NO_ROLE
  return draft
}

/** The terms alone of a command that has them. */
export function termsOf(terms: OrderTerms): OrderTerms {
  return {
    symbol: terms.symbol,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce,
    price: terms.price,
    quantity: terms.quantity,
    stopPrice: terms.stopPrice,
    trailingAmount: terms.trailingAmount,
    trailingBps: terms.trailingBps,
    displayQuantity: terms.displayQuantity,
    postOnly: terms.postOnly,
    selfTradePrevention: terms.selfTradePrevention,
    expiresAt: terms.expiresAt,
  }
}

const PLAIN = { trailingAmount: null, trailingBps: null, displayQuantity: null } as const

/** The limit leg and the stop leg of a pair. */
export function legsOf(command: PlaceOco): [limit: OrderTerms, stop: OrderTerms] {
  const { symbol, side, quantity, price, stopPrice, stopLimitPrice, postOnly, timeInForce, expiresAt } = command
  const { selfTradePrevention } = command
  const shared = { ...PLAIN, symbol, side, quantity, timeInForce, selfTradePrevention, expiresAt }
  return [
    { ...shared, type: 'LIMIT', price, stopPrice: null, postOnly },
    {
      ...shared,
      type: stopLimitPrice === null ? 'STOP' : 'STOP_LIMIT',
      price: stopLimitPrice,
      stopPrice,
      postOnly: false,
    },
  ]
}

/** The take-profit and the stop loss of a bracket. */
export function exitsOf(command: PlaceBracket): [takeProfit: OrderTerms, stopLoss: OrderTerms] {
  const { entry, takeProfitPrice, stopPrice, stopLimitPrice } = command
  const { symbol, quantity, selfTradePrevention } = entry
  const side = entry.side === 'BUY' ? 'SELL' : 'BUY'
  const shared = { ...PLAIN, symbol, side, quantity, selfTradePrevention, postOnly: false, expiresAt: null } as const
  return [
    { ...shared, type: 'LIMIT', timeInForce: 'GTC', price: takeProfitPrice, stopPrice: null },
    {
      ...shared,
      type: stopLimitPrice === null ? 'STOP' : 'STOP_LIMIT',
      timeInForce: 'GTC',
      price: stopLimitPrice,
      stopPrice,
    },
  ]
}
