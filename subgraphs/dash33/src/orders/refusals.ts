import { formatDecimal } from '@opsource/kernel'
import type { InvalidOrderCode, Refusal } from '../engine/acks.ts'
import { assetScale, formatIncrements, instrumentOf } from '../market/instruments.ts'
import { type Answer, engineUnavailable, invalidInput, unknownMarket } from '../market/refusals.ts'
import type { RiskRule } from '../risk/limits.ts'

export interface InvalidOrderAnswer extends Answer<'InvalidOrder'> {
  readonly field: string
}

export const invalidOrder = (code: string, message: string, field: string): InvalidOrderAnswer => ({
  __typename: 'InvalidOrder',
  code,
  message,
  field,
})

/** What the engine finds wrong with an order: the argument at fault, and a sentence for people. */
export const INVALID_ORDER: Readonly<Record<InvalidOrderCode, readonly [field: string, message: string]>> = {
  PRICE_REQUIRED: ['price', 'An order of this type needs a price.'],
  PRICE_NOT_ALLOWED: ['price', 'An order of this type has no price.'],
  PRICE_NOT_POSITIVE: ['price', 'It must be above zero.'],
  QUANTITY_NOT_POSITIVE: ['quantity', 'It must be above zero.'],
  ORDER_TOO_LARGE: ['quantity', 'Price times quantity is beyond what the market can count exactly.'],
  TOO_MANY_OPEN_ORDERS: ['quantity', 'The account has as many open orders as one may have.'],
  STOP_PRICE_REQUIRED: ['stopPrice', 'An order of this type needs a stop price.'],
  STOP_PRICE_NOT_ALLOWED: ['stopPrice', 'An order of this type has no stop price.'],
  TRAILING_DISTANCE_REQUIRED: [
    'trailingAmount',
    'A trailing stop needs one of `trailingAmount` and `trailingPercent`, and not both.',
  ],
  TRAILING_DISTANCE_NOT_ALLOWED: ['trailingAmount', 'Only a trailing stop has a distance.'],
  DISPLAY_QUANTITY_NOT_ALLOWED: [
    'displayQuantity',
    'Only a limit order that rests shows a part of itself, below its quantity.',
  ],
  POST_ONLY_NOT_ALLOWED: ['postOnly', 'Only a limit order that rests can be post-only.'],
  TIME_IN_FORCE_NOT_ALLOWED: ['timeInForce', 'An order of this type does not stay that way.'],
  EXPIRY_REQUIRED: ['expiresAt', 'An order that is good till a date needs one.'],
  EXPIRY_NOT_ALLOWED: ['expiresAt', 'Only an order that is good till a date has one.'],
  EXPIRY_IN_THE_PAST: ['expiresAt', 'It must lie ahead.'],
  WOULD_TRIGGER_AT_ONCE: ['stopPrice', 'The last price meets it already.'],
  POST_ONLY_WOULD_TRADE: ['price', 'It would trade as it arrives.'],
  PRICES_OUT_OF_ORDER: ['stopPrice', 'The limit and the stop are on the wrong sides.'],
  QUANTITY_BELOW_FILLED: ['quantity', 'As much has traded already.'],
  AMENDMENT_NOT_ALLOWED: ['quantity', 'That cannot be changed of this order.'],
  NOT_IN_AUCTION: ['timeInForce', 'The market is in an auction, where only orders that rest are taken.'],
}

const isInvalidOrder = (code: string): code is InvalidOrderCode => Object.hasOwn(INVALID_ORDER, code)

/** Where the engine's words are found in the arguments. */
export interface Place {
  readonly symbol: string
  readonly pathOf: (field: string) => string
}

/** What the engine's refusal of an order or of its new terms is in the graph. */
export function orderRefusal(refusal: Refusal, { symbol, pathOf }: Place) {
  if (isInvalidOrder(refusal.code)) {
    const [field, message] = INVALID_ORDER[refusal.code]
    return invalidOrder(refusal.code, message, pathOf(field))
  }
  switch (refusal.code) {
    case 'UNKNOWN_MARKET':
      return unknownMarket(symbol)
    case 'INVALID_COMMAND':
      return invalidInput(pathOf(refusal.field), 'It cannot be read as what it should be.')
    case 'INSUFFICIENT_BALANCE':
      return {
        __typename: 'InsufficientBalance' as const,
        code: refusal.code,
        message: 'The account does not have what the order would hold.',
        asset: refusal.asset,
        required: formatDecimal(refusal.required, assetScale(refusal.asset)),
        available: formatDecimal(refusal.available, assetScale(refusal.asset)),
      }
    case 'CLIENT_ORDER_ID_REUSED':
      return keyReused(refusal.orderId)
    case 'RISK_LIMIT_EXCEEDED':
      return limitExceeded(refusal, symbol)
    case 'KILL_SWITCH_ENGAGED':
      return {
        __typename: 'KillSwitchEngaged' as const,
        code: refusal.code,
        message: 'A kill switch is engaged: no order is placed or amended until it is released.',
        scope: refusal.scope,
      }
    case 'MARKET_PAUSED':
      return { __typename: 'MarketPaused' as const, code: refusal.code, message: 'The market accepts no orders now.' }
    default:
      return engineUnavailable(refusal.code)
  }
}

export const keyReused = (orderId: string) => ({
  __typename: 'ClientOrderIdReused' as const,
  code: 'CLIENT_ORDER_ID_REUSED',
  message: 'The key belongs to another order of yours with other terms.',
  orderId,
})

/** An account that was never opened has no orders, and neither has another's. */
export const orderNotOpen = () => ({
  __typename: 'OrderNotOpen' as const,
  code: 'ORDER_NOT_OPEN',
  message: 'There is no such open order of yours.',
})

type LimitExceeded = Extract<Refusal, { code: 'RISK_LIMIT_EXCEEDED' }>

function limitExceeded({ code, rule, limit, observed, headroom }: LimitExceeded, symbol: string) {
  const inUnit = (value: number) => inUnitOf(rule, value, symbol)
  return {
    __typename: 'RiskLimitExceeded' as const,
    code,
    message: 'The order is beyond a limit.',
    rule,
    limit: inUnit(limit),
    observed: inUnit(observed),
    headroom: inUnit(headroom),
  }
}

/** Writes what the engine counts in lots, ticks or minor units as a decimal; orders and messages are counted as they are. */
function inUnitOf(rule: RiskRule, value: number, symbol: string): string {
  const { lot, tick, quoteScale } = instrumentOf(symbol)
  switch (rule) {
    case 'MAX_ORDER_QUANTITY':
    case 'MAX_POSITION':
    case 'MARKET_MAX_QUANTITY':
      return formatIncrements(value, lot)
    case 'MAX_ORDER_NOTIONAL':
    case 'MAX_EXPOSURE':
    case 'MARKET_MIN_NOTIONAL':
      return formatDecimal(value, quoteScale)
    case 'PRICE_COLLAR':
      return formatIncrements(value, tick)
    case 'MAX_OPEN_ORDERS':
    case 'MESSAGE_RATE':
      return `${value}`
  }
}
