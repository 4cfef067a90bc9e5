import { z } from 'zod'
import { NONE } from '../book/index.ts'
import { CANCELLED, EXPIRE_TAKER, FILLED, NO_REASON, NO_ROLE, OPEN, PARTIALLY_FILLED } from './core/codes.ts'
import { Draft } from './core/draft.ts'
import { count, enter } from './core/entering.ts'
import { ORDERS_PER_COMMAND } from './core/exchange.ts'
import { dayOf } from './core/volume-window.ts'
import { Digest } from './digest.ts'
import { fill } from './drafting.ts'
import { codes } from './order-codes.ts'
import type { Moment } from './order-standings.ts'
import type { EngineState } from './state.ts'
import { ORDER_TYPES, SIDES, TIMES_IN_FORCE } from './words.ts'

const STATUSES = ['OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED'] as const
const STATUS_NUMBERS = { OPEN, PARTIALLY_FILLED, FILLED, CANCELLED }

const orderRow = z.tuple([
  z.number(), // account
  z.number(), // market
  z.number(), // sequence
  z.number(), // created at
  z.string(), // client order id
  z.enum(['BUY', 'SELL']),
  z.enum(['LIMIT', 'MARKET']),
  z.enum(['GTC', 'IOC']),
  z.number().nullable(), // price
  z.number(), // quantity
  z.number(), // remaining
  z.number(), // filled quote amount
  z.enum(STATUSES),
  z.enum(STATUSES), // after the first pass
  z.array(z.tuple([z.number(), z.number(), z.number()])), // first fills: price, quantity, fee
])
type OrderRow = z.infer<typeof orderRow>

const assetAmounts = z.array(z.tuple([z.string(), z.number()]))

const document = z.object({
  version: z.literal(1),
  sequence: z.number(),
  time: z.number(),
  digest: z.string(),
  supply: assetAmounts,
  fees: assetAmounts,
  accounts: z.array(z.tuple([z.string(), z.string(), z.array(z.tuple([z.string(), z.number(), z.number()]))])),
  credits: z.array(z.tuple([z.string(), z.number(), z.string(), z.number()])),
  markets: z.array(
    z.object({
      symbol: z.string(),
      status: z.enum(['TRADING', 'PAUSED']),
      recording: z.object({ dataSet: z.string(), segment: z.string(), pass: z.number() }).nullable(),
      played: z.array(
        z.tuple([z.string(), z.object({ pass: z.number(), repetition: z.number(), segments: z.array(z.string()) })]),
      ),
      bids: z.array(orderRow),
      asks: z.array(orderRow),
    }),
  ),
  closed: z.array(orderRow),
})
type FirstState = z.infer<typeof document>

const OPENING_BRACE = 0x7b

/** Whether the bytes are a state of version 1, which was JSON. */
export const isFirstState = (written: Uint8Array): boolean => written[0] === OPENING_BRACE

/** Fills a fresh engine from the state that the first exchange (limit and market orders) left behind. @throws where it is none */
export function readFirstState(written: Uint8Array, state: EngineState): void {
  const read = document.parse(JSON.parse(Buffer.from(written).toString()))
  const { exchange } = state
  state.sequence = exchange.sequence = read.sequence
  state.time = exchange.time = read.time
  exchange.day = dayOf(read.time)
  exchange.digest = Digest.parse(read.digest)
  readBalances(read, state)
  if (read.markets.map((market) => market.symbol).join() !== [...state.markets.keys()].join()) {
    throw new Error('the snapshot is of other markets')
  }
  for (const [index, { status, recording, played, bids, asks }] of read.markets.entries()) {
    const market = state.marketsByIndex[index]!
    market.core.status = status === 'PAUSED' ? 1 : 0
    market.recording = recording
    for (const [dataSet, passes] of played) market.played.set(dataSet, passes)
    for (const row of [...bids, ...asks]) rest(state, row)
  }
  for (const row of read.closed) {
    const record = recordOf(state, row, NONE)
    const [, , , , , , , , , quantity, remaining, filledQuote, status] = row
    stand(state, record, 'NOW', quantity, remaining, filledQuote, STATUS_NUMBERS[status])
    state.closedOrders.remember(record)
  }
  exchange.sequence = read.sequence
  exchange.balances.touched.clear()
  for (const market of exchange.markets) {
    market.changes?.drainLevels(() => undefined)
    market.changes?.drainOrders(() => undefined)
  }
}

function readBalances(read: FirstState, state: EngineState): void {
  const { balances } = state.exchange
  for (const [asset, amount] of read.supply) balances.supply[state.assets.indexOf(asset)] = amount
  for (const [asset, amount] of read.fees) balances.fees[state.assets.indexOf(asset)] = amount
  for (const [id, userId, own] of read.accounts) {
    const { index } = state.openAccount(id, userId)
    for (const [asset, available, held] of own) {
      const cell = balances.cell(index, state.assets.indexOf(asset))
      // Each open order takes what it holds from what is available as it enters.
      balances.values[cell] = available + held
    }
  }
  for (const [reference, index, asset, amount] of read.credits) {
    state.credits.set(reference, { account: state.accountsByIndex[index]!, asset, amount })
  }
}

/** An open order goes back to its book: rows come by priority. */
function rest(state: EngineState, row: OrderRow): void {
  const { exchange } = state
  const [account, market, sequence, , , , , , , quantity, remaining, filledQuote] = row
  exchange.sequence = sequence
  exchange.placed = 0
  const { numbers, book } = exchange.markets[market]!
  const draft = fill(new Draft(), account, market, termsOf(state, row))
  const rate = draft.side === 1 ? numbers.baseUnits : draft.price * numbers.quoteUnits
  const slot = enter(exchange, draft, rate, rate * remaining)
  const { orders } = exchange
  orders.setRemaining(slot, remaining)
  orders.setFilledQuote(slot, filledQuote)
  orders.setStatus(slot, remaining === quantity ? OPEN : PARTIALLY_FILLED)
  orders.pool.shown[slot] = remaining
  count(exchange, slot)
  book.rest(slot)
  recordOf(state, row, slot)
}

function recordOf(state: EngineState, row: OrderRow, slot: number): number {
  const { records } = state
  const [account, market, sequence, createdAt, clientOrderId, side, type, timeInForce] = row
  const [, , , , , , , , , quantity, , , , firstStatus, fills] = row
  const kind = codes(
    market,
    SIDES.indexOf(side),
    ORDER_TYPES.indexOf(type),
    TIMES_IN_FORCE.indexOf(timeInForce),
    EXPIRE_TAKER,
    false,
    NO_ROLE,
  )
  const number = sequence * ORDERS_PER_COMMAND
  records.ids.take(clientOrderId)
  const record = records.add(number, account, null, kind, termsOf(state, row), createdAt, 0, slot)
  const unit = state.exchange.markets[market]!.quoteUnits
  for (const [leg, fill] of fills.entries()) records.addFill(record, leg, ...fill)
  const filled = fills.reduce((sum, [, lots]) => sum + lots, 0)
  const filledQuote = fills.reduce((sum, [at, lots]) => sum + at * lots * unit, 0)
  stand(state, record, 'FIRST', quantity, quantity - filled, filledQuote, STATUS_NUMBERS[firstStatus])
  return record
}

function stand(
  { records }: EngineState,
  record: number,
  moment: Moment,
  quantity: number,
  remaining: number,
  filledQuote: number,
  status: number,
): void {
  const price = records.price(record)
  records.standings.write(record, moment, {
    price,
    stopPrice: 0,
    quantity,
    remaining,
    filledQuote,
    status,
    reason: NO_REASON,
  })
}

function termsOf(state: EngineState, row: OrderRow) {
  const [, market, , , , side, type, timeInForce, price, quantity] = row
  const { symbol } = state.marketsByIndex[market]!
  return {
    ...{ symbol, side, type, timeInForce, price, quantity, stopPrice: null, trailingAmount: null, trailingBps: null },
    ...{ displayQuantity: null, postOnly: false, selfTradePrevention: 'EXPIRE_TAKER' as const, expiresAt: null },
  }
}
