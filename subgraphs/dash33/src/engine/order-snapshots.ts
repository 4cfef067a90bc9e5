import type { FillSnapshot, OrderSnapshot } from './acks.ts'
import type { OrderTerms } from './commands.ts'
import { NO_ROLE, OPEN, PARTIALLY_FILLED } from './core/codes.ts'
import { ORDERS_PER_COMMAND } from './core/exchange.ts'
import { FILL_WIDTH } from './fill-lists.ts'
import { marketIn, postOnlyIn, roleIn, selfTradeIn, sideIn, timeInForceIn, typeIn } from './order-codes.ts'
import { orderId, tradeId } from './order-id.ts'
import type { Moment } from './order-standings.ts'
import { DISPLAY_QUANTITY, GOOD_TILL, STOP_PRICE, TRAILING_AMOUNT, TRAILING_BPS } from './particulars.ts'
import type { EngineState } from './state.ts'
import { ORDER_STATUSES, ORDER_TYPES, reasonOf, roleOf, SELF_TRADE_MODES, SIDES, TIMES_IN_FORCE } from './words.ts'

/** An order as it stands now. */
export function snapshotNow(state: EngineState, record: number): OrderSnapshot {
  state.records.standings.look(record, state.exchange.orders)
  return snapshot(state, record, 'NOW')
}

/** An order as its own command left it. */
export const firstSnapshot = (state: EngineState, record: number): OrderSnapshot => snapshot(state, record, 'FIRST')

function snapshot(state: EngineState, record: number, moment: Moment): OrderSnapshot {
  const { records, accountsByIndex, marketsByIndex } = state
  const codes = records.codes(record)
  const number = records.number(record)
  const { price, stopPrice, quantity, remaining, filledQuote, status, reason } = records.standings.read(record, moment)
  const role = roleIn(codes)
  return {
    orderId: orderId(number),
    clientOrderId: records.clientOrderId(record),
    accountId: accountsByIndex[records.account(record)]!.id,
    symbol: marketsByIndex[marketIn(codes)]!.symbol,
    side: SIDES[sideIn(codes)]!,
    type: ORDER_TYPES[typeIn(codes)]!,
    timeInForce: TIMES_IN_FORCE[timeInForceIn(codes)]!,
    price: optional(price),
    quantity,
    stopPrice: optional(stopPrice),
    trailingAmount: optional(records.particular(record, TRAILING_AMOUNT)),
    trailingBps: optional(records.particular(record, TRAILING_BPS)),
    displayQuantity: optional(records.particular(record, DISPLAY_QUANTITY)),
    postOnly: postOnlyIn(codes),
    selfTradePrevention: SELF_TRADE_MODES[selfTradeIn(codes)]!,
    expiresAt: optional(records.particular(record, GOOD_TILL)),
    filledQuantity: quantity - remaining,
    remainingQuantity: status <= PARTIALLY_FILLED ? remaining : 0,
    filledQuoteAmount: filledQuote,
    status: ORDER_STATUSES[status] ?? ORDER_STATUSES[OPEN],
    cancelReason: reasonOf(reason),
    groupId: groupIdOf(number, role),
    role: roleOf(role),
    createdAt: records.createdAt(record),
    engineSequence: sequenceOf(number),
  }
}

/** Of the command that placed the order. */
export const sequenceOf = (number: number): number => Math.floor(number / ORDERS_PER_COMMAND)

/** The id of an order's pair or bracket, which is that of its first order. */
export const groupIdOf = (number: number, role: number): string | null =>
  role === NO_ROLE ? null : orderId(sequenceOf(number) * ORDERS_PER_COMMAND)

/** Fills of an order as it arrived, by the command of `sequence`. */
export function fillSnapshots(
  state: EngineState,
  record: number,
  sequence: number,
  fills: readonly number[],
): FillSnapshot[] {
  const { records, marketsByIndex } = state
  const snapshots: FillSnapshot[] = []
  if (fills.length === 0) return snapshots
  const unit = marketsByIndex[marketIn(records.codes(record))]!.core.quoteUnits
  for (let i = 0; i < fills.length; i += FILL_WIDTH) {
    const price = fills[i + 1]!
    const quantity = fills[i + 2]!
    snapshots.push({
      tradeId: tradeId(sequence, fills[i]!),
      price,
      quantity,
      fee: fills[i + 3]!,
      quoteAmount: price * quantity * unit,
      liquidity: 'TAKER',
    })
  }
  return snapshots
}

/** Whether an order was accepted on just these terms. */
export function hasTerms(state: EngineState, record: number, terms: OrderTerms): boolean {
  const { records, marketsByIndex } = state
  const codes = records.codes(record)
  return (
    marketsByIndex[marketIn(codes)]!.symbol === terms.symbol &&
    SIDES[sideIn(codes)] === terms.side &&
    ORDER_TYPES[typeIn(codes)] === terms.type &&
    TIMES_IN_FORCE[timeInForceIn(codes)] === terms.timeInForce &&
    records.price(record) === (terms.price ?? 0) &&
    records.quantity(record) === terms.quantity &&
    records.particular(record, STOP_PRICE) === (terms.stopPrice ?? 0) &&
    records.particular(record, TRAILING_AMOUNT) === (terms.trailingAmount ?? 0) &&
    records.particular(record, TRAILING_BPS) === (terms.trailingBps ?? 0) &&
    records.particular(record, DISPLAY_QUANTITY) === (terms.displayQuantity ?? 0) &&
    postOnlyIn(codes) === terms.postOnly &&
    SELF_TRADE_MODES[selfTradeIn(codes)] === terms.selfTradePrevention &&
    records.particular(record, GOOD_TILL) === (terms.expiresAt ?? 0)
  )
}

const optional = (value: number): number | null => (value === 0 ? null : value)
