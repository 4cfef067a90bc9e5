import { NONE } from '../book/index.ts'
import { COUNTED, DEADLINE, HAS_EXITS, PAIRED, PENDING, WAITS_FOR_ENTRY } from './core/codes.ts'
import { append, count, wait } from './core/entering.ts'
import { FILL_WIDTH } from './fill-lists.ts'
import { codes, marketIn, postOnlyIn, roleIn, selfTradeIn, sideIn, timeInForceIn, typeIn } from './order-codes.ts'
import type { Standing } from './order-standings.ts'
import { EXPIRES_AT, GOOD_TILL, STOP_PRICE, TRAILING_AMOUNT, TRAILING_BPS } from './particulars.ts'
import type { EngineState } from './state.ts'
import type { StateReader, StateWriter } from './state-stream.ts'

/** Open and pending orders, oldest first. After them come the closed ones that are still remembered, in the order in which they closed. */
export function writeOpenOrders(state: EngineState, out: StateWriter): void {
  const { records, exchange } = state
  const { id } = exchange.orders.pool
  const open = records.openSlots().sort((a, b) => id[a]! - id[b]!)
  out.number(open.length)
  for (const slot of open) {
    writeRecord(state, records.of(slot), out)
    writeColumns(state, slot, out)
  }
}

export function writeClosedOrder(state: EngineState, record: number, out: StateWriter): void {
  const { records } = state
  writeRecord(state, record, out)
  writeStanding(records.standings.read(record, 'NOW'), out)
}

export function readOrders(state: EngineState, input: StateReader): void {
  const links: number[] = []
  const onBook: number[] = []
  for (let rest = input.number(); rest > 0; rest--) {
    const slot = state.exchange.orders.pool.allocate()
    const record = readRecord(state, input, slot)
    readColumns(state, record, slot, input, links, onBook)
  }
  const { pool } = state.exchange.orders
  onBook.sort((a, b) => pool.priority[a]! - pool.priority[b]!)
  for (const slot of onBook) state.exchange.marketOf(slot).book.restore(slot)
  link(state, links)
  const { records } = state
  for (let rest = input.number(); rest > 0; rest--) {
    const record = readRecord(state, input, NONE)
    records.standings.write(record, 'NOW', readStanding(input))
    state.closedOrders.remember(record)
  }
}

function writeRecord({ records, marketsByIndex }: EngineState, record: number, out: StateWriter): void {
  const { rows } = records
  const codes = records.codes(record)
  out.number(records.number(record))
  out.number(records.account(record))
  out.spelled(rows.spelled(record), rows.spelledAt(record), rows.spelledLength(record))
  out.number(records.createdAt(record))
  writeOptional(records.particular(record, EXPIRES_AT), out)
  out.number(roleIn(codes))
  out.number(marketIn(codes))
  out.number(sideIn(codes))
  out.number(typeIn(codes))
  out.number(timeInForceIn(codes))
  out.number(selfTradeIn(codes))
  out.number(postOnlyIn(codes) ? 1 : 0)
  out.number(records.quantity(record))
  writeOptional(records.price(record), out)
  for (let field = STOP_PRICE; field <= GOOD_TILL; field++) writeOptional(records.particular(record, field), out)
  const now = records.standings.read(record, 'NOW')
  writeOptional(now.price, out)
  writeOptional(now.stopPrice, out)
  writeStanding(records.standings.read(record, 'FIRST'), out)
  const fills = records.fills(record)
  const unit = marketsByIndex[marketIn(codes)]!.core.quoteUnits
  out.number(fills.length / FILL_WIDTH)
  for (let i = 0; i < fills.length; i += FILL_WIDTH) {
    for (let j = i; j < i + FILL_WIDTH; j++) out.number(fills[j]!)
    out.number(fills[i + 1]! * fills[i + 2]! * unit)
  }
}

function readRecord(state: EngineState, input: StateReader, slot: number): number {
  const { records } = state
  const number = input.number()
  const account = input.number()
  const clientOrderId = input.text()
  const createdAt = input.number()
  const expiresAt = input.optional() ?? 0
  const role = input.number()
  const market = input.number()
  const [side, type, timeInForce, selfTrade] = [input.number(), input.number(), input.number(), input.number()]
  const kind = codes(market, side, type, timeInForce, selfTrade, input.number() === 1, role)
  const terms = {
    quantity: input.number(),
    price: input.optional(),
    stopPrice: input.optional(),
    trailingAmount: input.optional(),
    trailingBps: input.optional(),
    displayQuantity: input.optional(),
    expiresAt: input.optional(),
  }
  records.ids.take(clientOrderId)
  const record = records.add(number, account, null, kind, terms, createdAt, expiresAt, slot)
  records.standings.setPrices(record, 'NOW', input.optional() ?? 0, input.optional() ?? 0)
  records.standings.write(record, 'FIRST', readStanding(input))
  for (let rest = input.number(); rest > 0; rest--) {
    records.addFill(record, input.number(), input.number(), input.number(), input.number())
    // The amount is the product of the others.
    input.number()
  }
  return record
}

function writeOptional(value: number, out: StateWriter): void {
  out.number(value === 0 ? 0 : value + 1)
}

function writeStanding({ price, stopPrice, ...others }: Standing, out: StateWriter): void {
  writeOptional(price, out)
  writeOptional(stopPrice, out)
  for (const value of [others.quantity, others.remaining, others.filledQuote, others.status, others.reason]) {
    out.number(value)
  }
}

/** Evaluated in the order in which it is written. */
const readStanding = (input: StateReader): Standing => ({
  price: input.optional() ?? 0,
  stopPrice: input.optional() ?? 0,
  quantity: input.number(),
  remaining: input.number(),
  filledQuote: input.number(),
  status: input.number(),
  reason: input.number(),
})

function writeColumns(state: EngineState, slot: number, out: StateWriter): void {
  const { orders, deadlines } = state.exchange
  const { pool } = orders
  const market = state.exchange.marketOf(slot)
  const onBook = pool.level[slot] !== NONE
  for (const value of [orders.status(slot), orders.flags(slot), pool.price[slot]!, pool.peak[slot]!]) out.number(value)
  out.number(orders.quantity(slot))
  out.number(orders.remaining(slot))
  out.number(orders.held(slot))
  out.number(orders.rate(slot))
  out.number(orders.value(slot))
  out.number(orders.filledQuote(slot))
  out.number(orders.received(slot))
  out.number(orders.stop(slot))
  out.number(deadlines.timeOf(slot) ?? 0)
  out.number(orders.has(slot, PAIRED) ? pool.id[orders.partner(slot)]! : 0)
  out.number(orders.has(slot, HAS_EXITS | WAITS_FOR_ENTRY) ? pool.id[orders.bracket(slot)]! : 0)
  const best = orders.status(slot) === PENDING ? market.marketStops.best(slot) : Number.NaN
  out.number(Number.isNaN(best) ? 0 : best)
  out.number(onBook ? pool.priority[slot]! : 0)
  if (!onBook) return
  out.number(pool.shown[slot]!)
  out.number(pool.hidden[slot]!)
}

function readColumns(
  state: EngineState,
  record: number,
  slot: number,
  input: StateReader,
  links: number[],
  onBook: number[],
): void {
  const { exchange, records } = state
  const { orders } = exchange
  const { pool } = orders
  const codes = records.codes(record)
  const number = records.number(record)
  const account = records.account(record)
  pool.id[slot] = number
  pool.owner[slot] = account
  pool.side[slot] = sideIn(codes)
  orders.setMarket(slot, marketIn(codes))
  orders.setType(slot, typeIn(codes))
  orders.setTimeInForce(slot, timeInForceIn(codes))
  orders.setSelfTrade(slot, selfTradeIn(codes))
  orders.setRole(slot, roleIn(codes))
  orders.setReason(slot, records.standings.read(record, 'FIRST').reason)
  orders.setTrailingAmount(slot, records.particular(record, TRAILING_AMOUNT))
  orders.setTrailingBps(slot, records.particular(record, TRAILING_BPS))
  orders.setStatus(slot, input.number())
  const flags = input.number()
  orders.setFlags(slot, flags & ~COUNTED)
  pool.price[slot] = input.number()
  pool.peak[slot] = input.number()
  orders.setQuantity(slot, input.number())
  orders.setRemaining(slot, input.number())
  orders.setHeld(slot, input.number())
  orders.setRate(slot, input.number())
  orders.setValue(slot, input.number())
  orders.setFilledQuote(slot, input.number())
  orders.setReceived(slot, input.number())
  orders.setStop(slot, input.number())
  const deadline = input.number()
  if (flags & DEADLINE) exchange.deadlines.set(slot, deadline, number)
  links.push(slot, input.number(), input.number())
  exchange.index.set(number, slot)
  append(exchange, slot)
  exchange.accounts.countOrder(account, orders.market(slot), 1)
  if (flags & COUNTED) count(exchange, slot)
  const best = input.number()
  if (orders.status(slot) === PENDING && !(flags & WAITS_FOR_ENTRY)) wait(exchange, slot, best)
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
    if (links[i + 1] !== 0) orders.setPartner(slot, index.get(links[i + 1]!))
    if (links[i + 2] !== 0) orders.setBracket(slot, index.get(links[i + 2]!))
  }
}
