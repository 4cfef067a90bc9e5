import type { CancelOrder, PlaceOrder } from '../engine/commands.ts'
import type { CancelOrderInput, PlaceOrderInput } from '../generated/graphql.ts'
import {
  findInstrument,
  type Instrument,
  isExactOrder,
  type NumberFault,
  parseIncrements,
} from '../market/instruments.ts'
import { type InvalidInputAnswer, invalidInput, type UnknownMarketAnswer, unknownMarket } from '../market/refusals.ts'
import { type InvalidOrderAnswer, invalidOrder } from './answers.ts'

const CLIENT_ORDER_ID = /^[A-Za-z0-9_:.-]{1,64}$/
const ORDER_ID = /^ord_[0-9a-z]{1,40}$/
/** NUMERIC(38,0) holds no more. */
const MAX_DIGITS = 38

/** What can be told of an input without asking the engine. */
export type Read<T, Answer> = { readonly command: T } | { readonly answer: Answer }
export type PlaceFault = InvalidInputAnswer | InvalidOrderAnswer | UnknownMarketAnswer

/** Reads an order as a command. `path` is where the input stands in the arguments, such as `input` or `input.orders.3`. */
export function readOrder(input: PlaceOrderInput, accountId: string, path: string): Read<PlaceOrder, PlaceFault> {
  if (!CLIENT_ORDER_ID.test(input.clientOrderId)) {
    return refused(invalidInput(`${path}.clientOrderId`, '1 to 64 letters, digits, `-`, `_`, `:` or `.`.'))
  }
  const instrument = findInstrument(input.symbol)
  if (!instrument) return refused(unknownMarket(input.symbol))
  const quantity = readQuantity(input.quantity, instrument, `${path}.quantity`)
  if (typeof quantity !== 'number') return refused(quantity)
  const price = readPrice(input, instrument, `${path}.price`)
  if (price !== null && typeof price !== 'number') return refused(price)
  if (!isExactOrder(instrument, price, quantity)) return refused(tooLarge(`${path}.quantity`))
  const { clientOrderId, symbol, side, type } = input
  const timeInForce = type === 'MARKET' ? 'IOC' : (input.timeInForce ?? 'GTC')
  return { command: { kind: 'PLACE', accountId, clientOrderId, symbol, side, type, timeInForce, price, quantity } }
}

/** Reads which order to cancel. */
export function readCancel(
  input: CancelOrderInput,
  accountId: string,
  path: string,
): Read<CancelOrder, InvalidInputAnswer> {
  const { orderId, clientOrderId } = input
  if ((orderId == null) === (clientOrderId == null)) {
    return refused(invalidInput(path, 'Name exactly one of `orderId` and `clientOrderId`.'))
  }
  if (orderId != null) {
    if (!ORDER_ID.test(orderId)) return refused(invalidInput(`${path}.orderId`, 'An order id begins with `ord_`.'))
    return { command: { kind: 'CANCEL', accountId, orderId } }
  }
  if (clientOrderId == null || !CLIENT_ORDER_ID.test(clientOrderId)) {
    return refused(invalidInput(`${path}.clientOrderId`, '1 to 64 letters, digits, `-`, `_`, `:` or `.`.'))
  }
  return { command: { kind: 'CANCEL', accountId, clientOrderId } }
}

function readPrice(input: PlaceOrderInput, instrument: Instrument, field: string): number | null | InvalidOrderAnswer {
  if (input.type === 'MARKET') {
    return input.price == null ? null : invalidOrder('PRICE_NOT_ALLOWED', 'A market order has no price.', field)
  }
  if (input.price == null) return invalidOrder('PRICE_REQUIRED', 'A limit order needs a price.', field)
  const ticks = digitsOf(input.price) > MAX_DIGITS ? 'TOO_MANY_DIGITS' : parseIncrements(input.price, instrument.tick)
  if (ticks === 'TOO_MANY_DIGITS') return numberFault(ticks, 'PRICE', field)
  return ticks.ok ? ticks.value : numberFault(ticks.error, 'PRICE', field)
}

function readQuantity(text: string, instrument: Instrument, field: string): number | InvalidOrderAnswer {
  if (digitsOf(text) > MAX_DIGITS) return numberFault('TOO_MANY_DIGITS', 'QUANTITY', field)
  const lots = parseIncrements(text, instrument.lot)
  return lots.ok ? lots.value : numberFault(lots.error, 'QUANTITY', field)
}

function numberFault(fault: NumberFault, what: 'PRICE' | 'QUANTITY', field: string): InvalidOrderAnswer {
  switch (fault) {
    case 'NOT_A_DECIMAL':
      return invalidOrder(fault, 'A plain decimal such as `61837.63` is needed.', field)
    case 'TOO_MANY_DIGITS':
      return invalidOrder(fault, `At most ${MAX_DIGITS} digits are read.`, field)
    case 'NOT_POSITIVE':
      return invalidOrder(`${what}_NOT_POSITIVE`, 'It must be above zero.', field)
    case 'OFF_INCREMENT':
      return what === 'PRICE'
        ? invalidOrder('PRICE_OFF_TICK', 'It must be a multiple of the market’s tick.', field)
        : invalidOrder('QUANTITY_OFF_LOT', 'It must be a multiple of the market’s lot.', field)
    case 'TOO_LARGE':
      return tooLarge(field)
  }
}

const tooLarge = (field: string) =>
  invalidOrder('ORDER_TOO_LARGE', 'Price times quantity is beyond what the market can count exactly.', field)

const digitsOf = (text: string) => text.replace(/\D/g, '').length

function refused<A>(answer: A): { readonly answer: A } {
  return { answer }
}
