import { formatDecimal } from '@opsource/kernel'
import type { Ack, InvalidOrderCode, OrderSnapshot } from '../engine/acks.ts'
import { assetScale } from '../market/instruments.ts'
import { type Answer, engineUnavailable, invalidInput, unknownMarket } from '../market/refusals.ts'
import type { FillParent } from '../parents.ts'

export interface InvalidOrderAnswer extends Answer<'InvalidOrder'> {
  readonly field: string
}

export const invalidOrder = (code: string, message: string, field: string): InvalidOrderAnswer => ({
  __typename: 'InvalidOrder',
  code,
  message,
  field,
})

const INVALID_ORDER: Readonly<Record<InvalidOrderCode, readonly [field: string, message: string]>> = {
  PRICE_REQUIRED: ['price', 'A limit order needs a price.'],
  PRICE_NOT_ALLOWED: ['price', 'A market order has no price.'],
  PRICE_NOT_POSITIVE: ['price', 'It must be above zero.'],
  QUANTITY_NOT_POSITIVE: ['quantity', 'It must be above zero.'],
  ORDER_TOO_LARGE: ['quantity', 'Price times quantity is beyond what the market can count exactly.'],
  TOO_MANY_OPEN_ORDERS: ['quantity', 'The account has as many open orders as one may have.'],
}

const isInvalidOrder = (code: string): code is InvalidOrderCode => Object.hasOwn(INVALID_ORDER, code)

/** What the engine's answer to an order is in the graph. */
export function placeAnswer(ack: Ack, symbol: string, path: string) {
  if (ack.kind === 'PLACED') {
    const { order, replayed } = ack
    const fills = ack.fills.map((fill): FillParent => ({ ...fill, symbol: order.symbol, side: order.side }))
    return { __typename: 'OrderPlaced' as const, order, fills, replayed }
  }
  if (ack.kind !== 'REFUSED') throw new Error(`an order was answered ${ack.kind}`)
  if (isInvalidOrder(ack.code)) {
    const [field, message] = INVALID_ORDER[ack.code]
    return invalidOrder(ack.code, message, `${path}.${field}`)
  }
  switch (ack.code) {
    case 'UNKNOWN_MARKET':
      return unknownMarket(symbol)
    case 'INVALID_COMMAND':
      return invalidInput(`${path}.${ack.field}`, 'It cannot be read as what it should be.')
    case 'INSUFFICIENT_BALANCE':
      return {
        __typename: 'InsufficientBalance' as const,
        code: ack.code,
        message: 'The account does not have what the order would hold.',
        asset: ack.asset,
        required: formatDecimal(ack.required, assetScale(ack.asset)),
        available: formatDecimal(ack.available, assetScale(ack.asset)),
      }
    case 'CLIENT_ORDER_ID_REUSED':
      return {
        __typename: 'ClientOrderIdReused' as const,
        code: ack.code,
        message: 'The key belongs to another order of yours with other content.',
        orderId: ack.orderId,
      }
    case 'MARKET_PAUSED':
      return { __typename: 'MarketPaused' as const, code: ack.code, message: 'The market accepts no orders now.' }
    default:
      return engineUnavailable(ack.code)
  }
}

/** What the engine's answer to a cancel is in the graph. */
export function cancelAnswer(ack: Ack, path: string) {
  if (ack.kind === 'CANCELLED')
    return { __typename: 'OrderCancelled' as const, order: ack.order satisfies OrderSnapshot }
  if (ack.kind !== 'REFUSED') throw new Error(`a cancel was answered ${ack.kind}`)
  if (ack.code === 'INVALID_COMMAND') return invalidInput(path, 'It cannot be read as what it should be.')
  // An account that was never opened has no orders.
  if (ack.code === 'ORDER_NOT_OPEN' || ack.code === 'UNKNOWN_ACCOUNT') {
    return {
      __typename: 'OrderNotOpen' as const,
      code: 'ORDER_NOT_OPEN',
      message: 'There is no such open order of yours.',
    }
  }
  return engineUnavailable(ack.code)
}

export type PlaceAnswer = ReturnType<typeof placeAnswer>
export type CancelAnswer = ReturnType<typeof cancelAnswer>
