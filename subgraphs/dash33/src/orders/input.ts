import type { CancelAll, CancelAllAfter, CancelOrder, OrderTerms, PlaceOrder } from '../engine/commands.ts'
import type {
  AmendOrderInput,
  CancelAllOrdersAfterInput,
  CancelAllOrdersInput,
  CancelOrderInput,
  PlaceOrderInput,
} from '../generated/graphql.ts'
import { findInstrument } from '../market/instruments.ts'
import { type InvalidInputAnswer, invalidInput, type UnknownMarketAnswer, unknownMarket } from '../market/refusals.ts'
import { faultIn, readLots, readPercent, readTicks } from './numbers.ts'
import type { InvalidOrderAnswer } from './refusals.ts'

const CLIENT_ORDER_ID = /^[A-Za-z0-9_:.-]+$/
/** As long as the engine's texts. */
export const MAX_CLIENT_ORDER_ID = 64
const ORDER_ID = /^ord_[0-9a-z]{1,40}$/
/** A day: whoever is away longer did not mean to come back. */
export const MAX_CANCEL_DELAY_MS = 86_400_000

/** What can be told of an input without asking the engine, which tests everything else. */
export type Read<T, Answer> = { readonly command: T } | { readonly answer: Answer }
export type PlaceFault = InvalidInputAnswer | InvalidOrderAnswer | UnknownMarketAnswer

/** Reads an order as a command. `path` is where the input stands in the arguments, such as `input` or `input.orders.3`. */
export function readOrder(input: PlaceOrderInput, accountId: string, path: string): Read<PlaceOrder, PlaceFault> {
  const fault = keyFault(input.clientOrderId, `${path}.clientOrderId`)
  if (fault) return refused(fault)
  const terms = readTerms(input, path)
  if ('answer' in terms) return terms
  return { command: { kind: 'PLACE', accountId, clientOrderId: input.clientOrderId, ...terms.command } }
}

/** Reads what an order asks for. */
export function readTerms(input: PlaceOrderInput, path: string): Read<OrderTerms, PlaceFault> {
  const { symbol, side, type } = input
  const instrument = findInstrument(symbol)
  if (!instrument) return refused(unknownMarket(symbol))
  const quantity = readLots(input.quantity, instrument, `${path}.quantity`)
  const price = readTicks(input.price, instrument, `${path}.price`)
  const stopPrice = readTicks(input.stopPrice, instrument, `${path}.stopPrice`)
  const trailingAmount = readTicks(input.trailingAmount, instrument, `${path}.trailingAmount`)
  const trailingBps = readPercent(input.trailingPercent, `${path}.trailingPercent`)
  const displayQuantity = readLots(input.displayQuantity, instrument, `${path}.displayQuantity`)
  const numbers = { quantity, price, stopPrice, trailingAmount, trailingBps, displayQuantity }
  const fault = faultIn(numbers)
  if (fault) return refused(fault)
  const command = {
    symbol,
    side,
    type,
    timeInForce: input.timeInForce ?? (type === 'MARKET' ? 'IOC' : 'GTC'),
    price: wholeOf(price),
    quantity: wholeOf(quantity) ?? 0,
    stopPrice: wholeOf(stopPrice),
    trailingAmount: wholeOf(trailingAmount),
    trailingBps: wholeOf(trailingBps),
    displayQuantity: wholeOf(displayQuantity),
    postOnly: input.postOnly ?? false,
    selfTradePrevention: input.selfTradePrevention ?? 'EXPIRE_TAKER',
    expiresAt: momentOf(input.expiresAt),
  } as const
  return { command }
}

/** Which order is meant. */
export type OrderName = { readonly orderId: string } | { readonly clientOrderId: string }

/** Reads which order is meant: the input names it by exactly one key. */
export function readName(
  { orderId, clientOrderId }: CancelOrderInput | AmendOrderInput,
  path: string,
): Read<OrderName, InvalidInputAnswer> {
  if ((orderId == null) === (clientOrderId == null)) {
    return refused(invalidInput(path, 'Name exactly one of `orderId` and `clientOrderId`.'))
  }
  if (orderId != null) {
    if (!ORDER_ID.test(orderId)) return refused(invalidInput(`${path}.orderId`, 'An order id begins with `ord_`.'))
    return { command: { orderId } }
  }
  const key = clientOrderId ?? ''
  const fault = keyFault(key, `${path}.clientOrderId`)
  return fault ? refused(fault) : { command: { clientOrderId: key } }
}

/** Reads which order to cancel. */
export function readCancel(
  input: CancelOrderInput,
  accountId: string,
  path: string,
): Read<CancelOrder, InvalidInputAnswer> {
  const name = readName(input, path)
  return 'answer' in name ? name : { command: { kind: 'CANCEL', accountId, ...name.command } }
}

/** Reads which orders to cancel. */
export function readCancelAll(input: CancelAllOrdersInput, accountId: string): Read<CancelAll, UnknownMarketAnswer> {
  const symbol = input.symbol ?? null
  if (symbol !== null && !findInstrument(symbol)) return refused(unknownMarket(symbol))
  return { command: { kind: 'CANCEL_ALL', accountId, symbol, side: input.side ?? null } }
}

/** Reads when to cancel all. */
export function readCancelAllAfter(
  { delayMs }: CancelAllOrdersAfterInput,
  accountId: string,
): Read<CancelAllAfter, InvalidInputAnswer> {
  if (delayMs < 0 || delayMs > MAX_CANCEL_DELAY_MS) {
    return refused(invalidInput('input.delayMs', `From 0 to ${MAX_CANCEL_DELAY_MS}.`))
  }
  return { command: { kind: 'CANCEL_ALL_AFTER', accountId, delayMs } }
}

/** @returns what is wrong with a client's key, if anything. */
export function keyFault(key: string, field: string, longest = MAX_CLIENT_ORDER_ID): InvalidInputAnswer | null {
  if (key.length <= longest && CLIENT_ORDER_ID.test(key)) return null
  return invalidInput(field, `1 to ${longest} letters, digits, \`-\`, \`_\`, \`:\` or \`.\`.`)
}

/** @returns milliseconds since the Unix epoch. */
export const momentOf = (text: string | null | undefined): number | null => (text == null ? null : Date.parse(text))

/** What has been found to be no fault. */
export const wholeOf = (read: unknown): number | null => (typeof read === 'number' ? read : null)

export function refused<A>(answer: A): { readonly answer: A } {
  return { answer }
}
