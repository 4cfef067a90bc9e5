import type { AmendOrder } from '../engine/commands.ts'
import type { AmendOrderInput } from '../generated/graphql.ts'
import { instrumentOf } from '../market/instruments.ts'
import { type InvalidInputAnswer, invalidInput } from '../market/refusals.ts'
import { type OrderName, type Read, readName, refused, wholeOf } from './input.ts'
import { faultIn, readLots, readTicks } from './numbers.ts'
import type { InvalidOrderAnswer } from './refusals.ts'

/** An amendment whose numbers cannot be read before its order's market is known. */
export interface Amendment {
  readonly name: OrderName
  /** @param symbol the order's market. */
  inMarket(symbol: string): Read<AmendOrder, InvalidOrderAnswer>
}

/** Reads which order to change. `path` is where the input stands in the arguments. */
export function readAmendment(
  input: AmendOrderInput,
  accountId: string,
  path: string,
): Read<Amendment, InvalidInputAnswer> {
  const name = readName(input, path)
  if ('answer' in name) return name
  if (input.quantity == null && input.price == null && input.stopPrice == null) {
    return refused(invalidInput(path, 'Change at least one of `quantity`, `price` and `stopPrice`.'))
  }
  const inMarket = (symbol: string): Read<AmendOrder, InvalidOrderAnswer> => {
    const instrument = instrumentOf(symbol)
    const quantity = readLots(input.quantity, instrument, `${path}.quantity`)
    const price = readTicks(input.price, instrument, `${path}.price`)
    const stopPrice = readTicks(input.stopPrice, instrument, `${path}.stopPrice`)
    const fault = faultIn({ quantity, price, stopPrice })
    if (fault) return refused(fault)
    const changes = { quantity: wholeOf(quantity), price: wholeOf(price), stopPrice: wholeOf(stopPrice) }
    return { command: { kind: 'AMEND', accountId, ...name.command, ...changes } }
  }
  return { command: { name: name.command, inMarket } }
}
