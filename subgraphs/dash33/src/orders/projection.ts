import type { ClientBase } from 'pg'
import { type Row, writeRows } from '../database.ts'
import type { EngineBatch, EngineEvent, OrderAccepted, TradeParty } from '../engine/events.ts'

const INSERT_ORDERS = `
  INSERT INTO exchange_order (id, engine_sequence, account_no, symbol, client_order_id, side, type, time_in_force, status,
    price, quantity, filled_quantity, filled_quote_amount, created_at, closed_at)
  SELECT r.id, r.engine_sequence, a.no, r.symbol, r.client_order_id, r.side, r.type, r.time_in_force, r.status,
    r.price, r.quantity, r.filled_quantity, r.filled_quote_amount, r.created_at, r.closed_at
  FROM json_to_recordset($1) AS r (id text, engine_sequence bigint, account_id text, symbol text, client_order_id text,
    side side, type order_type, time_in_force time_in_force, status order_status, price bigint, quantity bigint,
    filled_quantity bigint, filled_quote_amount numeric, created_at timestamptz, closed_at timestamptz)
  JOIN account a ON a.id = r.account_id`

const UPDATE_ORDERS = `
  UPDATE exchange_order o
  SET status = r.status, closed_at = r.closed_at, filled_quantity = coalesce(r.filled_quantity, o.filled_quantity),
    filled_quote_amount = coalesce(r.filled_quote_amount, o.filled_quote_amount)
  FROM json_to_recordset($1)
    AS r (id text, status order_status, filled_quantity bigint, filled_quote_amount numeric, closed_at timestamptz)
  WHERE o.id = r.id`

/** Where an order stands after some batches; null where they left it as it was. */
interface OrderProgress {
  readonly status: 'OPEN' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED'
  readonly filled_quantity: number | null
  readonly filled_quote_amount: string | null
  readonly closed_at: string | null
}

export interface OrderChanges {
  readonly inserts: readonly Row[]
  readonly updates: readonly Row[]
}

/** Folds batches into one row per order: an order that came and went within them is written once. */
export function foldOrders(batches: readonly EngineBatch[]): OrderChanges {
  const accepted = new Map<string, Row>()
  const progress = new Map<string, OrderProgress>()
  const advance = (orderId: string, change: Partial<OrderProgress> & Pick<OrderProgress, 'status'>) => {
    const before = progress.get(orderId) ?? { filled_quantity: null, filled_quote_amount: null, closed_at: null }
    progress.set(orderId, { ...before, ...change })
  }
  for (const batch of batches) {
    const at = new Date(batch.time).toISOString()
    for (const event of batch.events) {
      if (event.type === 'ORDER_ACCEPTED') {
        accepted.set(event.orderId, acceptedRow(event, at))
        advance(event.orderId, { status: 'OPEN', filled_quantity: 0, filled_quote_amount: '0' })
      } else if (event.type === 'ORDER_CANCELLED') advance(event.orderId, { status: 'CANCELLED', closed_at: at })
      else for (const party of partiesOf(event)) advance(party.orderId, filledProgress(party, at))
    }
  }
  const inserts = [...accepted].map(([id, row]) => ({ ...row, ...progress.get(id) }))
  const updates = [...progress].flatMap(([id, row]) => (accepted.has(id) ? [] : [{ id, ...row }]))
  return { inserts, updates }
}

export async function writeOrders(client: ClientBase, changes: OrderChanges): Promise<void> {
  await writeRows(client, 'insert orders', INSERT_ORDERS, changes.inserts)
  await writeRows(client, 'update orders', UPDATE_ORDERS, changes.updates)
}

function partiesOf(event: EngineEvent): TradeParty[] {
  return event.type === 'TRADE' ? [event.maker, event.taker] : []
}

function filledProgress(party: TradeParty, at: string): OrderProgress {
  return {
    status: party.status,
    filled_quantity: party.filledQuantity,
    filled_quote_amount: `${party.filledQuoteAmount}`,
    closed_at: party.status === 'FILLED' ? at : null,
  }
}

function acceptedRow(event: OrderAccepted, at: string): Row {
  return {
    id: event.orderId,
    engine_sequence: event.engineSequence,
    account_id: event.accountId,
    symbol: event.symbol,
    client_order_id: event.clientOrderId,
    side: event.side,
    type: event.orderType,
    time_in_force: event.timeInForce,
    price: event.price,
    quantity: event.quantity,
    created_at: at,
  }
}
