import type { OrderSnapshot } from '../engine/acks.ts'
import type { OrderTerms, PlaceBracket, PlaceOco, PlaceOrder } from '../engine/commands.ts'
import type { EarlierOrder } from './earlier-orders.ts'

const TERMS = [
  'symbol',
  'side',
  'type',
  'timeInForce',
  'price',
  'quantity',
  'stopPrice',
  'trailingAmount',
  'trailingBps',
  'displayQuantity',
  'postOnly',
  'selfTradePrevention',
  'expiresAt',
] as const satisfies readonly (keyof OrderTerms)[]

/** Whether a command asks for what an earlier order of its key is. An order that was amended since is another. */
export function isSame(command: PlaceOrder | PlaceOco | PlaceBracket, { order, linked }: EarlierOrder): boolean {
  switch (command.kind) {
    case 'PLACE':
      return order.role === null && haveSame(TERMS, command, order)
    case 'PLACE_OCO':
      return (
        order.role === 'OCO_LIMIT' &&
        haveSame(
          ['symbol', 'side', 'quantity', 'price', 'postOnly', 'timeInForce', 'expiresAt', 'selfTradePrevention'],
          command,
          order,
        ) &&
        isExit(linked, 'OCO_STOP', command)
      )
    case 'PLACE_BRACKET':
      return (
        order.role === 'ENTRY' &&
        haveSame(TERMS, command.entry, order) &&
        linked.some(({ role, price }) => role === 'TAKE_PROFIT' && price === command.takeProfitPrice) &&
        isExit(linked, 'STOP_LOSS', command)
      )
  }
}

function isExit(
  orders: readonly OrderSnapshot[],
  role: OrderSnapshot['role'],
  { stopPrice, stopLimitPrice }: PlaceOco | PlaceBracket,
): boolean {
  return orders.some(
    (order) => order.role === role && order.stopPrice === stopPrice && limitOf(order) === stopLimitPrice,
  )
}

const limitOf = ({ type, price }: OrderSnapshot): number | null => (type === 'STOP_LIMIT' ? price : null)

function haveSame<K extends string>(
  fields: readonly K[],
  a: Readonly<Record<K, unknown>>,
  b: Readonly<Record<K, unknown>>,
): boolean {
  return fields.every((field) => a[field] === b[field])
}
