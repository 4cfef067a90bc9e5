import { NONE } from '../book/index.ts'
import type { OrderTerms } from './commands.ts'
import { COUNTED, DEADLINE, HAS_EXITS, NO_ROLE, PAIRED, PENDING, WAITS_FOR_ENTRY } from './core/codes.ts'
import { append, count, wait } from './core/entering.ts'
import { ORDERS_PER_COMMAND } from './core/exchange.ts'
import { orderId } from './order-id.ts'
import { NO_FILLS, OrderRecord, type Standing } from './order-record.ts'
import type { EngineState } from './state.ts'
import type { StateReader, StateWriter } from './state-stream.ts'
import { ORDER_TYPES, SELF_TRADE_MODES, SIDES, TIMES_IN_FORCE } from './words.ts'

/** Open and pending orders, oldest first, then the closed ones that are still remembered, in the order in which they closed. */
export function writeOrders(state: EngineState, out: StateWriter): void {
  const open: OrderRecord[] = []
  for (const record of state.records) if (record && record.slot !== NONE) open.push(record)
  open.sort((a, b) => a.number - b.number)
  out.number(open.length)
  for (const record of open) {
    writeRecord(state, record, out)
    writeColumns(state, record.slot, out)
  }
  const closed = state.closedOrders.inOrder()
  out.number(closed.length)
  for (const record of closed) {
    writeRecord(state, record, out)
    writeStanding(record.last!, out)
  }
}

export function readOrders(state: EngineState, input: StateReader): void {
  const links: number[] = []
  const onBook: number[] = []
  for (let rest = input.number(); rest > 0; rest--) {
    const slot = state.exchange.orders.pool.allocate()
    const record = readRecord(state, input, slot)
    state.records[slot] = record
    readColumns(state, record, input, links, onBook)
  }
  const { pool } = state.exchange.orders
  onBook.sort((a, b) => pool.priority[a]! - pool.priority[b]!)
  for (const slot of onBook) state.exchange.marketOf(slot).book.restore(slot)
  link(state, links)
  for (let rest = input.number(); rest > 0; rest--) {
    const record = readRecord(state, input, NONE)
    record.last = readStanding(input)
    state.closedOrders.remember(record)
  }
}

function writeRecord(state: EngineState, record: OrderRecord, out: StateWriter): void {
  out.number(record.number)
  out.number(record.account.index)
  out.text(record.clientOrderId)
  out.number(record.createdAt)
  out.optional(record.expiresAt)
  out.number(record.role)
  writeTerms(state, record.terms, out)
  out.optional(record.price)
  out.optional(record.stopPrice)
  writeStanding(record.first!, out)
  out.number(record.fills.length)
  for (const { leg, price, quantity, fee, quoteAmount } of record.fills) {
    out.number(leg)
    out.number(price)
    out.number(quantity)
    out.number(fee)
    out.number(quoteAmount)
  }
}

function readRecord(state: EngineState, input: StateReader, slot: number): OrderRecord {
  const number = input.number()
  const account = state.accountsByIndex[input.number()]!
  const clientOrderId = input.text()
  const sequence = Math.floor(number / ORDERS_PER_COMMAND)
  const createdAt = input.number()
  const expiresAt = input.optional()
  const role = input.number()
  const record = new OrderRecord({
    number,
    id: orderId(number),
    clientOrderId,
    account,
    terms: readTerms(state, input),
    createdAt,
    sequence,
    expiresAt,
    groupId: role === NO_ROLE ? null : orderId(sequence * ORDERS_PER_COMMAND),
    role,
    slot,
  })
  record.price = input.optional()
  record.stopPrice = input.optional()
  record.first = readStanding(input)
  const fills = Array.from({ length: input.number() }, () => ({
    leg: input.number(),
    price: input.number(),
    quantity: input.number(),
    fee: input.number(),
    quoteAmount: input.number(),
  }))
  if (fills.length > 0) record.fills = fills
  else record.fills = NO_FILLS
  account.orders.set(clientOrderId, record)
  return record
}

function writeTerms(state: EngineState, terms: OrderTerms, out: StateWriter): void {
  out.number(state.markets.get(terms.symbol)!.index)
  out.number(SIDES.indexOf(terms.side))
  out.number(ORDER_TYPES.indexOf(terms.type))
  out.number(TIMES_IN_FORCE.indexOf(terms.timeInForce))
  out.number(SELF_TRADE_MODES.indexOf(terms.selfTradePrevention))
  out.number(terms.postOnly ? 1 : 0)
  out.number(terms.quantity)
  out.optional(terms.price)
  out.optional(terms.stopPrice)
  out.optional(terms.trailingAmount)
  out.optional(terms.trailingBps)
  out.optional(terms.displayQuantity)
  out.optional(terms.expiresAt)
}

function readTerms(state: EngineState, input: StateReader): OrderTerms {
  return {
    symbol: state.marketsByIndex[input.number()]!.symbol,
    side: SIDES[input.number()]!,
    type: ORDER_TYPES[input.number()]!,
    timeInForce: TIMES_IN_FORCE[input.number()]!,
    selfTradePrevention: SELF_TRADE_MODES[input.number()]!,
    postOnly: input.number() === 1,
    quantity: input.number(),
    price: input.optional(),
    stopPrice: input.optional(),
    trailingAmount: input.optional(),
    trailingBps: input.optional(),
    displayQuantity: input.optional(),
    expiresAt: input.optional(),
  }
}

function writeStanding(at: Standing, out: StateWriter): void {
  out.optional(at.price)
  out.optional(at.stopPrice)
  out.number(at.quantity)
  out.number(at.remaining)
  out.number(at.filledQuote)
  out.number(at.status)
  out.number(at.reason)
}

function readStanding(input: StateReader): Standing {
  return {
    price: input.optional(),
    stopPrice: input.optional(),
    quantity: input.number(),
    remaining: input.number(),
    filledQuote: input.number(),
    status: input.number(),
    reason: input.number(),
  }
}

function writeColumns(state: EngineState, slot: number, out: StateWriter): void {
  const { orders, deadlines } = state.exchange
  const { pool } = orders
  const market = state.exchange.marketOf(slot)
  const onBook = pool.level[slot] !== NONE
  for (const value of [orders.status[slot]!, orders.flags[slot]!, pool.price[slot]!, pool.peak[slot]!])
    out.number(value)
  out.number(orders.quantity[slot]!)
  out.number(orders.remaining[slot]!)
  out.number(orders.held[slot]!)
  out.number(orders.rate[slot]!)
  out.number(orders.value[slot]!)
  out.number(orders.filledQuote[slot]!)
  out.number(orders.received[slot]!)
  out.number(orders.stop[slot]!)
  out.number(deadlines.timeOf(slot) ?? 0)
  out.number(orders.has(slot, PAIRED) ? pool.id[orders.partner[slot]!]! : 0)
  out.number(orders.has(slot, HAS_EXITS | WAITS_FOR_ENTRY) ? pool.id[orders.bracket[slot]!]! : 0)
  const best = orders.status[slot] === PENDING ? market.marketStops.best(slot) : Number.NaN
  out.number(Number.isNaN(best) ? 0 : best)
  out.number(onBook ? pool.priority[slot]! : 0)
  if (!onBook) return
  out.number(pool.shown[slot]!)
  out.number(pool.hidden[slot]!)
}

function readColumns(
  state: EngineState,
  record: OrderRecord,
  input: StateReader,
  links: number[],
  onBook: number[],
): void {
  const { exchange } = state
  const { orders } = exchange
  const { pool } = orders
  const { slot, terms, account } = record
  pool.id[slot] = record.number
  pool.owner[slot] = account.index
  pool.side[slot] = SIDES.indexOf(terms.side)
  orders.market[slot] = state.markets.get(terms.symbol)!.index
  orders.type[slot] = ORDER_TYPES.indexOf(terms.type)
  orders.timeInForce[slot] = TIMES_IN_FORCE.indexOf(terms.timeInForce)
  orders.selfTrade[slot] = SELF_TRADE_MODES.indexOf(terms.selfTradePrevention)
  orders.role[slot] = record.role
  orders.reason[slot] = record.first!.reason
  orders.trailingAmount[slot] = terms.trailingAmount ?? 0
  orders.trailingBps[slot] = terms.trailingBps ?? 0
  orders.status[slot] = input.number()
  const flags = input.number()
  orders.flags[slot] = flags & ~COUNTED
  pool.price[slot] = input.number()
  pool.peak[slot] = input.number()
  orders.quantity[slot] = input.number()
  orders.remaining[slot] = input.number()
  orders.held[slot] = input.number()
  orders.rate[slot] = input.number()
  orders.value[slot] = input.number()
  orders.filledQuote[slot] = input.number()
  orders.received[slot] = input.number()
  orders.stop[slot] = input.number()
  const deadline = input.number()
  if (flags & DEADLINE) exchange.deadlines.set(slot, deadline, record.number)
  links.push(slot, input.number(), input.number())
  exchange.index.set(record.number, slot)
  append(exchange, slot)
  exchange.accounts.countOrder(account.index, orders.market[slot]!, 1)
  if (flags & COUNTED) count(exchange, slot)
  const best = input.number()
  if (orders.status[slot] === PENDING && !(flags & WAITS_FOR_ENTRY)) wait(exchange, slot, best)
  pool.priority[slot] = input.number()
  if (pool.priority[slot] === 0) return
  pool.shown[slot] = input.number()
  pool.hidden[slot] = input.number()
  onBook.push(slot)
}

/** Ids become slots, once all orders are there. */
function link({ exchange }: EngineState, links: readonly number[]): void {
  const { orders, index } = exchange
  for (let i = 0; i < links.length; i += 3) {
    const slot = links[i]!
    if (links[i + 1] !== 0) orders.partner[slot] = index.get(links[i + 1]!)
    if (links[i + 2] !== 0) orders.bracket[slot] = index.get(links[i + 2]!)
  }
}
