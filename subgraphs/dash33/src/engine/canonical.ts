import { createHash } from 'node:crypto'
import { z } from 'zod'
import { Digest } from './digest.ts'
import type { Engine } from './engine.ts'
import type { Market } from './market.ts'
import { Order } from './order.ts'
import type { EngineState } from './state.ts'

/** Rises with every change of the state's form: an engine refuses a snapshot that it cannot read. */
const STATE_VERSION = 1

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
  z.enum(['OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED']),
  z.enum(['OPEN', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED']), // after the first pass
  z.array(z.tuple([z.number(), z.number(), z.number()])), // first fills: price, quantity, fee
])
type OrderRow = z.infer<typeof orderRow>

const assetAmounts = z.array(z.tuple([z.string(), z.number()]))
const recordingPass = z.object({ dataSet: z.string(), segment: z.string(), pass: z.number() })
const played = z.object({ pass: z.number(), repetition: z.number(), segments: z.array(z.string()) })

const stateDocument = z.object({
  version: z.literal(STATE_VERSION),
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
      recording: recordingPass.nullable(),
      played: z.array(z.tuple([z.string(), played])),
      bids: z.array(orderRow),
      asks: z.array(orderRow),
    }),
  ),
  closed: z.array(orderRow),
})

/** Writes the state so that equal states give equal bytes: orders by priority, everything else in the order in which it came to be. */
export function writeState(state: EngineState): Uint8Array {
  const document: z.infer<typeof stateDocument> = {
    version: STATE_VERSION,
    sequence: state.sequence,
    time: state.time,
    digest: state.digest.hex(),
    supply: [...state.supply],
    fees: [...state.fees],
    accounts: Array.from(state.accounts.values(), ({ id, userId, balances }) => [
      id,
      userId,
      // An empty balance and one never asked for are the same.
      Array.from(balances.values(), ({ asset, available, held }): [string, number, number] => [asset, available, held])
        .filter(([, available, held]) => available !== 0 || held !== 0)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ]),
    credits: Array.from(state.credits, ([reference, { account, asset, amount }]) => [
      reference,
      account.index,
      asset,
      amount,
    ]),
    markets: Array.from(state.markets.values(), (market) => ({
      symbol: market.instrument.symbol,
      status: market.status,
      recording: market.recording,
      played: [...market.played],
      bids: market.book.orders('BUY').map(writeOrder),
      asks: market.book.orders('SELL').map(writeOrder),
    })),
    closed: state.closedOrders.inOrder().map(writeOrder),
  }
  return Buffer.from(JSON.stringify(document))
}

export const hashState = (written: Uint8Array): string => createHash('sha256').update(written).digest('hex')

/** Fills a fresh engine. @throws where the bytes are not a state of this version, or of other markets. */
export function readState(written: Uint8Array, engine: Engine): void {
  const document = stateDocument.parse(JSON.parse(Buffer.from(written).toString()))
  const { state } = engine
  state.sequence = document.sequence
  state.time = document.time
  state.digest = Digest.parse(document.digest)
  for (const [asset, amount] of document.supply) state.supply.set(asset, amount)
  for (const [asset, amount] of document.fees) state.fees.set(asset, amount)
  for (const [id, userId, balances] of document.accounts) {
    const account = state.openAccount(id, userId)
    for (const [asset, available, held] of balances) Object.assign(account.balance(asset), { available, held })
  }
  const accounts = [...state.accounts.values()]
  for (const [reference, index, asset, amount] of document.credits) {
    state.credits.set(reference, { account: accounts[index]!, asset, amount })
  }
  const markets = [...state.markets.values()]
  if (markets.map((market) => market.instrument.symbol).join() !== document.markets.map((m) => m.symbol).join()) {
    throw new Error('the snapshot is of other markets')
  }
  const restore = (row: OrderRow) => readOrder(row, markets, accounts)
  for (const [index, { status, recording, played, bids, asks }] of document.markets.entries()) {
    const market = markets[index]!
    market.status = status
    market.recording = recording
    for (const [dataSet, passes] of played) market.played.set(dataSet, passes)
    for (const order of [...bids, ...asks].map(restore)) {
      market.book.rest(order)
      state.openOrders.set(order.terms.sequence, order)
      order.account.openOrders++
    }
  }
  for (const order of document.closed.map(restore)) state.closedOrders.remember(order)
}

function writeOrder(order: Order): OrderRow {
  const { sequence, createdAt, clientOrderId, side, type, timeInForce, price, quantity } = order.terms
  return [
    order.account.index,
    order.market.index,
    sequence,
    createdAt,
    clientOrderId,
    side,
    type,
    timeInForce,
    price,
    quantity,
    order.remaining,
    order.filledQuote,
    order.status,
    order.firstStatus,
    order.firstFills.map((fill) => [fill.price, fill.quantity, fill.fee]),
  ]
}

function readOrder(row: OrderRow, markets: readonly Market[], accounts: readonly Order['account'][]): Order {
  const [account, market, sequence, createdAt, clientOrderId, side, type, timeInForce, price, quantity] = row
  const [, , , , , , , , , , remaining, filledQuote, status, firstStatus, firstFills] = row
  const order = new Order(accounts[account]!, markets[market]!, {
    sequence,
    createdAt,
    clientOrderId,
    side,
    type,
    timeInForce,
    price,
    quantity,
  })
  order.remaining = remaining
  order.filledQuote = filledQuote
  order.status = status
  order.firstStatus = firstStatus
  if (firstFills.length > 0) order.firstFills = firstFills.map(([p, q, fee]) => ({ price: p, quantity: q, fee }))
  order.account.orders.set(clientOrderId, order)
  return order
}
