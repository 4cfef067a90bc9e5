import type { PlaceBracket, PlaceOco } from '../engine/commands.ts'
import type { PlaceBracketInput, PlaceOcoInput } from '../generated/graphql.ts'
import { findInstrument } from '../market/instruments.ts'
import { invalidInput, unknownMarket } from '../market/refusals.ts'
import {
  keyFault,
  MAX_CLIENT_ORDER_ID,
  momentOf,
  type PlaceFault,
  type Read,
  readTerms,
  refused,
  wholeOf,
} from './input.ts'
import { faultIn, readLots, readTicks } from './numbers.ts'

/** Leaves room for `.profit` and `.stop`, which the other orders of a group have behind it. */
export const MAX_GROUP_KEY = MAX_CLIENT_ORDER_ID - '.profit'.length

/** Reads a pair as a command. */
export function readOco(input: PlaceOcoInput, accountId: string): Read<PlaceOco, PlaceFault> {
  const { clientOrderId, symbol, side } = input
  const keyless = keyFault(clientOrderId, 'input.clientOrderId', MAX_GROUP_KEY)
  if (keyless) return refused(keyless)
  const instrument = findInstrument(symbol)
  if (!instrument) return refused(unknownMarket(symbol))
  const quantity = readLots(input.quantity, instrument, 'input.quantity')
  const price = readTicks(input.price, instrument, 'input.price')
  const stopPrice = readTicks(input.stopPrice, instrument, 'input.stopPrice')
  const stopLimitPrice = readTicks(input.stopLimitPrice, instrument, 'input.stopLimitPrice')
  const fault = faultIn({ quantity, price, stopPrice, stopLimitPrice })
  if (fault) return refused(fault)
  const timeInForce = input.timeInForce ?? 'GTC'
  if (timeInForce === 'IOC' || timeInForce === 'FOK') {
    return refused(invalidInput('input.timeInForce', 'A pair stays `GTC`, `GTD` or `DAY`.'))
  }
  const command = {
    kind: 'PLACE_OCO',
    accountId,
    clientOrderId,
    symbol,
    side,
    quantity: wholeOf(quantity) ?? 0,
    price: wholeOf(price) ?? 0,
    stopPrice: wholeOf(stopPrice) ?? 0,
    stopLimitPrice: wholeOf(stopLimitPrice),
    postOnly: input.postOnly ?? false,
    timeInForce,
    expiresAt: momentOf(input.expiresAt),
    selfTradePrevention: input.selfTradePrevention ?? 'EXPIRE_TAKER',
  } as const
  return { command }
}

/** Reads a bracket as a command. */
export function readBracket(input: PlaceBracketInput, accountId: string): Read<PlaceBracket, PlaceFault> {
  const { clientOrderId, symbol, type } = input.entry
  const keyless = keyFault(clientOrderId, 'input.entry.clientOrderId', MAX_GROUP_KEY)
  if (keyless) return refused(keyless)
  const instrument = findInstrument(symbol)
  if (!instrument) return refused(unknownMarket(symbol))
  if (type !== 'LIMIT' && type !== 'MARKET') {
    return refused(invalidInput('input.entry.type', 'A bracket is opened by a `LIMIT` or a `MARKET` order.'))
  }
  const terms = readTerms(input.entry, 'input.entry')
  if ('answer' in terms) return terms
  const takeProfitPrice = readTicks(input.takeProfitPrice, instrument, 'input.takeProfitPrice')
  const stopPrice = readTicks(input.stopPrice, instrument, 'input.stopPrice')
  const stopLimitPrice = readTicks(input.stopLimitPrice, instrument, 'input.stopLimitPrice')
  const fault = faultIn({ takeProfitPrice, stopPrice, stopLimitPrice })
  if (fault) return refused(fault)
  const command = {
    kind: 'PLACE_BRACKET',
    accountId,
    clientOrderId,
    entry: terms.command,
    takeProfitPrice: wholeOf(takeProfitPrice) ?? 0,
    stopPrice: wholeOf(stopPrice) ?? 0,
    stopLimitPrice: wholeOf(stopLimitPrice),
  } as const
  return { command }
}
