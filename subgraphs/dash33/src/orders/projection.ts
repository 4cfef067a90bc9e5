import type { AccountNumbers } from '../accounts/index.ts'
import { booleans, int8s, texts, timestamps } from '../columns.ts'
import { CopyRows } from '../copy.ts'
import type { OrderStatus } from '../engine/commands.ts'
import type { CancelReason, EngineBatch, OrderAccepted, TradeParty } from '../engine/events.ts'
import { allDone, type Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'

const COLUMNS = [
  'id',
  'status',
  'price',
  'stop_price',
  'quantity',
  'filled_quantity',
  'filled_quote_amount',
  'closed_at',
  'cancel_reason',
  'engine_sequence',
  'account_no',
  'symbol',
  'client_order_id',
  'side',
  'type',
  'time_in_force',
  'trailing_amount',
  'trailing_bps',
  'display_quantity',
  'post_only',
  'self_trade_prevention',
  'expires_at',
  'group_id',
  'role',
  'created_at',
]

/** Null leaves what is stored; prices are amended where `amended` says so, because an order may have none. */
const UPDATE_ORDERS = `
  UPDATE exchange_order o
  SET status = coalesce(r.status::order_status, o.status), closed_at = coalesce(r.closed_at, o.closed_at),
    price = CASE WHEN r.amended THEN r.price ELSE o.price END,
    stop_price = CASE WHEN r.amended THEN r.stop_price ELSE o.stop_price END,
    quantity = coalesce(r.quantity, o.quantity), filled_quantity = coalesce(r.filled_quantity, o.filled_quantity),
    filled_quote_amount = coalesce(r.filled_quote_amount, o.filled_quote_amount),
    cancel_reason = coalesce(r.cancel_reason::cancel_reason, o.cancel_reason)
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::timestamptz[], $9::text[],
    $10::boolean[]) AS r (id, status, price, stop_price, quantity, filled_quantity, filled_quote_amount, closed_at, cancel_reason, amended)
  WHERE o.id = r.id`

/** Where an order stands after some batches; of one that was there before, null where they left it as it was. */
export interface OrderProgress {
  readonly orderId: string
  /** Null where the batches before have told all of it but this. */
  accepted: { readonly event: OrderAccepted; readonly at: number } | null
  status: OrderStatus | null
  /** Whether the two prices below are to be written. */
  amended: boolean
  price: number | null
  stopPrice: number | null
  quantity: number | null
  filledQuantity: number | null
  filledQuoteAmount: number | null
  /** Milliseconds since the Unix epoch. */
  closedAt: number | null
  cancelReason: CancelReason | null
}

/** Folds batches into one state per order: one that came and went within them is written once. */
export function foldOrders(batches: readonly EngineBatch[]): OrderProgress[] {
  const orders = new Map<string, OrderProgress>()
  const of = (orderId: string): OrderProgress => {
    const known = orders.get(orderId)
    if (known) return known
    const fresh = untouched(orderId)
    orders.set(orderId, fresh)
    return fresh
  }
  for (const { time: at, events } of batches) {
    for (const event of events) {
      switch (event.type) {
        case 'ORDER_ACCEPTED':
          accept(of(event.orderId), event, at)
          break
        case 'ORDER_TRIGGERED':
          Object.assign(of(event.orderId), { status: event.status, quantity: event.quantity })
          break
        case 'ORDER_AMENDED': {
          const { price, stopPrice, quantity } = event
          Object.assign(of(event.orderId), { amended: true, price, stopPrice, quantity })
          break
        }
        case 'TRADE':
          for (const party of [event.maker, event.taker]) fill(of(party.orderId), party, at)
          break
        case 'ORDER_CANCELLED':
          Object.assign(of(event.orderId), { status: event.status, cancelReason: event.reason, closedAt: at })
      }
    }
  }
  return [...orders.values()]
}

export async function writeOrders(
  statements: Statements,
  orders: readonly OrderProgress[],
  numbers: AccountNumbers,
): Promise<void> {
  const accepted = orders.flatMap((order) => (order.accepted ? [{ ...order, ...order.accepted }] : []))
  await numbers.load(
    statements,
    accepted.map(({ event }) => event.accountId),
  )
  const rows = new CopyRows()
  for (const order of accepted) addOrder(rows, order, numbers)
  const updates = orders.filter((order) => !order.accepted)
  await allDone([statements.copy(`exchange_order (${COLUMNS.join(', ')})`, rows), updateOrders(statements, updates)])
}

/** In the order of `COLUMNS`. */
function addOrder(
  rows: CopyRows,
  order: OrderProgress & { readonly event: OrderAccepted; readonly at: number },
  numbers: AccountNumbers,
): void {
  const { event } = order
  const { terms } = event
  rows.row(COLUMNS.length)
  rows.text(order.orderId)
  rows.text(order.status)
  rows.int8(order.price)
  rows.int8(order.stopPrice)
  rows.int8(order.quantity)
  rows.int8(order.filledQuantity)
  rows.numeric(order.filledQuoteAmount ?? 0)
  rows.timestamp(order.closedAt)
  rows.text(order.cancelReason)
  rows.int8(event.engineSequence)
  rows.int4(numbers.of(event.accountId))
  rows.text(event.symbol)
  rows.text(event.clientOrderId)
  rows.text(event.side)
  rows.text(terms.type)
  rows.text(terms.timeInForce)
  rows.int8(terms.trailingAmount)
  rows.int4(terms.trailingBps)
  rows.int8(terms.displayQuantity)
  rows.boolean(terms.postOnly)
  rows.text(terms.selfTradePrevention)
  rows.timestamp(event.expiresAt)
  rows.text(event.groupId)
  rows.text(event.role)
  rows.timestamp(order.at)
}

function updateOrders(statements: Statements, orders: readonly OrderProgress[]): Promise<void> {
  return writeColumns(statements, 'update orders', UPDATE_ORDERS, orders, () => [
    texts(orders.map(({ orderId }) => orderId)),
    texts(orders.map(({ status }) => status)),
    int8s(orders.map(({ price }) => price)),
    int8s(orders.map(({ stopPrice }) => stopPrice)),
    int8s(orders.map(({ quantity }) => quantity)),
    int8s(orders.map(({ filledQuantity }) => filledQuantity)),
    int8s(orders.map(({ filledQuoteAmount }) => filledQuoteAmount)),
    timestamps(orders.map(({ closedAt }) => closedAt)),
    texts(orders.map(({ cancelReason }) => cancelReason)),
    booleans(orders.map(({ amended }) => amended)),
  ])
}

const untouched = (orderId: string): OrderProgress => ({
  orderId,
  accepted: null,
  status: null,
  amended: false,
  price: null,
  stopPrice: null,
  quantity: null,
  filledQuantity: null,
  filledQuoteAmount: null,
  closedAt: null,
  cancelReason: null,
})

function accept(order: OrderProgress, event: OrderAccepted, at: number): void {
  const { price, stopPrice, quantity } = event.terms
  order.accepted = { event, at }
  Object.assign(order, { status: event.status, price, stopPrice, quantity, filledQuantity: 0, filledQuoteAmount: 0 })
}

function fill(order: OrderProgress, party: TradeParty, at: number): void {
  order.status = party.status
  order.filledQuantity = party.filledQuantity
  order.filledQuoteAmount = party.filledQuoteAmount
  if (party.status === 'FILLED') order.closedAt = at
}
