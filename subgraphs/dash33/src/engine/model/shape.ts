import { isExactOrder } from '../../market/instruments.ts'
import type { InvalidOrderCode } from '../acks.ts'
import type { OrderTerms, PlaceBracket, PlaceOco, PlaceOrder } from '../commands.ts'
import type { ModelMarket } from './venue.ts'

/** The terms of the orders that a command places, the first one first. */
export function termsOf(command: PlaceOrder | PlaceOco | PlaceBracket): OrderTerms[] {
  const plain = { trailingAmount: null, trailingBps: null, displayQuantity: null, postOnly: false }
  if (command.kind === 'PLACE') {
    const { kind: _, accountId: __, clientOrderId: ___, ...terms } = command
    return [terms]
  }
  const stopType = command.stopLimitPrice === null ? 'STOP' : 'STOP_LIMIT'
  if (command.kind === 'PLACE_OCO') {
    const { symbol, side, quantity, timeInForce, expiresAt, selfTradePrevention } = command
    const { postOnly, price, stopPrice, stopLimitPrice } = command
    const both = { ...plain, symbol, side, quantity, timeInForce, expiresAt, selfTradePrevention }
    return [
      { ...both, type: 'LIMIT', price, stopPrice: null, postOnly },
      { ...both, type: stopType, price: stopLimitPrice, stopPrice },
    ]
  }
  const { entry, takeProfitPrice, stopPrice, stopLimitPrice } = command
  const { symbol, quantity, selfTradePrevention } = entry
  const side = entry.side === 'BUY' ? 'SELL' : 'BUY'
  const exit = { ...plain, symbol, side, quantity, selfTradePrevention, timeInForce: 'GTC', expiresAt: null } as const
  return [
    entry,
    { ...exit, type: 'LIMIT', price: takeProfitPrice, stopPrice: null },
    { ...exit, type: stopType, price: stopLimitPrice, stopPrice },
  ]
}

/** Everything that is wrong with an order whatever the state of the exchange. */
export function faultsOf(terms: OrderTerms, market: ModelMarket): InvalidOrderCode[] {
  const { type, timeInForce, price, quantity, stopPrice, trailingAmount, trailingBps, displayQuantity } = terms
  const waits = timeInForce === 'GTC' || timeInForce === 'GTD' || timeInForce === 'DAY'
  const distances = [trailingAmount, trailingBps].filter((distance) => distance !== null).length
  const faults: [InvalidOrderCode, boolean][] = [
    ['PRICE_REQUIRED', (type === 'LIMIT' || type === 'STOP_LIMIT') && price === null],
    ['PRICE_NOT_POSITIVE', (price !== null && price <= 0) || (stopPrice !== null && stopPrice <= 0)],
    ['QUANTITY_NOT_POSITIVE', quantity <= 0],
    ['ORDER_TOO_LARGE', !isExactOrder(market.instrument, Math.max(price ?? 0, stopPrice ?? 0), quantity)],
    ['STOP_PRICE_REQUIRED', (type === 'STOP' || type === 'STOP_LIMIT') && stopPrice === null],
    ['STOP_PRICE_NOT_ALLOWED', (type === 'LIMIT' || type === 'MARKET') && stopPrice !== null],
    ['TRAILING_DISTANCE_REQUIRED', type === 'TRAILING_STOP' && distances === 0],
    ['TRAILING_DISTANCE_NOT_ALLOWED', distances > (type === 'TRAILING_STOP' ? 1 : 0)],
    ['DISPLAY_QUANTITY_NOT_ALLOWED', displayQuantity !== null && (type !== 'LIMIT' || !waits)],
    ['DISPLAY_QUANTITY_NOT_ALLOWED', displayQuantity !== null && (displayQuantity >= quantity || displayQuantity < 1)],
    ['POST_ONLY_NOT_ALLOWED', terms.postOnly && (type !== 'LIMIT' || !waits)],
    ['TIME_IN_FORCE_NOT_ALLOWED', type === 'MARKET' ? waits : type !== 'LIMIT' && !waits],
    ['EXPIRY_REQUIRED', timeInForce === 'GTD' && terms.expiresAt === null],
    ['EXPIRY_NOT_ALLOWED', timeInForce !== 'GTD' && terms.expiresAt !== null],
  ]
  return faults.filter(([, applies]) => applies).map(([code]) => code)
}
