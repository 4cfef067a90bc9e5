import type { Ack } from '../engine/acks.ts'
import type { Command, PlaceBracket, PlaceOco, PlaceOrder } from '../engine/commands.ts'
import type {
  AmendOrderInput,
  CancelAllOrdersAfterInput,
  CancelAllOrdersInput,
  CancelOrderInput,
  PlaceBracketInput,
  PlaceOcoInput,
  PlaceOrderInput,
} from '../generated/graphql.ts'
import {
  type EngineUnavailableAnswer,
  engineUnavailable,
  type InvalidInputAnswer,
  type UnknownMarketAnswer,
} from '../market/refusals.ts'
import { readAmendment } from './amend-input.ts'
import {
  type AmendAnswer,
  amendAnswer,
  type BracketAnswer,
  bracketAnswer,
  type CancelAnswer,
  cancelAllAfterAnswer,
  cancelAllAnswer,
  cancelAnswer,
  type OcoAnswer,
  ocoAnswer,
  type PlaceAnswer,
  placeAnswer,
} from './answers.ts'
import type { EarlierOrder } from './earlier-orders.ts'
import { readBracket, readOco } from './group-input.ts'
import {
  type OrderName,
  type PlaceFault,
  type Read,
  readCancel,
  readCancelAll,
  readCancelAllAfter,
  readOrder,
} from './input.ts'
import { type InvalidOrderAnswer, keyReused, orderNotOpen } from './refusals.ts'
import { isSame } from './same-terms.ts'

/** What is asked of the engine, with how its answer reads in the graph; or the answer, where the engine need not be asked. */
export type Asked<A> = { readonly answer: A } | Question<A>
export interface Question<A> {
  readonly command: Command
  readonly read: (ack: Ack) => A
  /** Of what places orders: the answer where a closed order has the key. */
  readonly repeat?: { readonly clientOrderId: string; readonly read: (earlier: EarlierOrder) => A }
}

export function askOrder(input: PlaceOrderInput, accountId: string, path: string): Asked<PlaceAnswer | PlaceFault> {
  const place = { symbol: input.symbol, pathOf: (field: string) => `${path}.${field}` }
  return asked<PlaceOrder, PlaceAnswer | PlaceFault>(
    readOrder(input, accountId, path),
    (ack) => placeAnswer(ack, place),
    ({ order, fills }) => ({ __typename: 'OrderPlaced' as const, order, fills: [...fills], replayed: true }),
  )
}

export function askOco(input: PlaceOcoInput, accountId: string): Asked<OcoAnswer | PlaceFault> {
  const place = { symbol: input.symbol, pathOf: (field: string) => `input.${field}` }
  const read = (ack: Ack) => ocoAnswer(ack, place)
  return asked<PlaceOco, OcoAnswer | PlaceFault>(readOco(input, accountId), read, (earlier) => read(ackOf(earlier)))
}

export function askBracket(input: PlaceBracketInput, accountId: string): Asked<BracketAnswer | PlaceFault> {
  const place = { symbol: input.entry.symbol, pathOf: bracketPath }
  const read = (ack: Ack) => bracketAnswer(ack, place)
  return asked<PlaceBracket, BracketAnswer | PlaceFault>(readBracket(input, accountId), read, (earlier) =>
    read(ackOf(earlier)),
  )
}

/** @param symbolOf in which market an order is; null where it is not open. While it rejects, nothing is amended. */
export async function askAmendment(
  input: AmendOrderInput,
  accountId: string,
  path: string,
  symbolOf: (name: OrderName) => Promise<string | null>,
): Promise<Asked<AmendAnswer | InvalidInputAnswer | InvalidOrderAnswer | EngineUnavailableAnswer>> {
  const amendment = readAmendment(input, accountId, path)
  if ('answer' in amendment) return amendment
  let symbol: string | null
  try {
    symbol = await symbolOf(amendment.command.name)
  } catch {
    return { answer: engineUnavailable('ENGINE_UNAVAILABLE') }
  }
  if (symbol === null) return { answer: orderNotOpen() }
  const read = amendment.command.inMarket(symbol)
  if ('answer' in read) return read
  const place = { symbol, pathOf: (field: string) => `${path}.${field}` }
  return { command: read.command, read: (ack) => amendAnswer(ack, place) }
}

export function askCancel(
  input: CancelOrderInput,
  accountId: string,
  path: string,
): Asked<CancelAnswer | InvalidInputAnswer> {
  const read = readCancel(input, accountId, path)
  return 'answer' in read ? read : { command: read.command, read: (ack) => cancelAnswer(ack, path) }
}

export function askCancelAll(
  input: CancelAllOrdersInput,
  accountId: string,
): Asked<ReturnType<typeof cancelAllAnswer> | UnknownMarketAnswer> {
  const read = readCancelAll(input, accountId)
  return 'answer' in read ? read : { command: read.command, read: (ack) => cancelAllAnswer(ack, read.command.symbol) }
}

export function askCancelAllAfter(
  input: CancelAllOrdersAfterInput,
  accountId: string,
): Asked<ReturnType<typeof cancelAllAfterAnswer> | InvalidInputAnswer | EngineUnavailableAnswer> {
  const read = readCancelAllAfter(input, accountId)
  return 'answer' in read ? read : { command: read.command, read: cancelAllAfterAnswer }
}

function asked<C extends PlaceOrder | PlaceOco | PlaceBracket, A>(
  read: Read<C, A>,
  answer: (ack: Ack) => A,
  again: (earlier: EarlierOrder) => A,
): Asked<A | ReturnType<typeof keyReused>> {
  if ('answer' in read) return read
  const { command } = read
  const repeat = {
    clientOrderId: command.clientOrderId,
    read: (earlier: EarlierOrder) => (isSame(command, earlier) ? again(earlier) : keyReused(earlier.order.orderId)),
  }
  return { command, read: answer, repeat }
}

/** What the engine would answer, if it knew. */
function ackOf({ order, linked, fills }: EarlierOrder): Ack {
  const seen = fills.map(({ tradeId, price, quantity, fee, quoteAmount }) => ({
    tradeId,
    price,
    quantity,
    fee,
    quoteAmount,
    liquidity: 'TAKER' as const,
  }))
  return { kind: 'PLACED', order, fills: seen, linked, replayed: true }
}

const EXIT_FIELDS = new Set(['stopPrice', 'takeProfitPrice', 'stopLimitPrice'])

/** The exits' arguments stand beside the entry. */
const bracketPath = (field: string): string => (EXIT_FIELDS.has(field) ? `input.${field}` : `input.entry.${field}`)
