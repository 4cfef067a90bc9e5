import type { EngineBatch, EngineEvent, OrderNames, Trade } from '../engine/events.ts'
import { fillOf } from '../fills/index.ts'
import type { OrderUpdateParent } from '../parents.ts'

/** What an event did to one order, before it has a place in its account's log. */
export type OrderChange = Omit<OrderUpdateParent, 'position'>

/** Tells every change of an order that a batch made, in order. */
export function tellChanges(batch: EngineBatch, tell: (change: OrderChange) => void): void {
  for (const event of batch.events) {
    if (event.type === 'TRADE') {
      tell(traded(event, true, batch.time))
      tell(traded(event, false, batch.time))
    } else {
      const change = changeOf(event, batch.time)
      if (change) tell(change)
    }
  }
}

function changeOf(event: Exclude<EngineEvent, Trade>, time: number): OrderChange | null {
  switch (event.type) {
    case 'ORDER_ACCEPTED': {
      const { price, stopPrice, quantity } = event.terms
      const { status } = event
      const progress = { status, price, stopPrice, quantity, filledQuantity: 0, remainingQuantity: quantity }
      return { ...named(event, time), kind: 'ACCEPTED', ...progress }
    }
    case 'ORDER_TRIGGERED': {
      const { status, quantity } = event
      return {
        ...named(event, time),
        kind: 'TRIGGERED',
        status,
        quantity,
        filledQuantity: 0,
        remainingQuantity: quantity,
      }
    }
    case 'ORDER_AMENDED': {
      const { price, stopPrice, quantity, remainingQuantity } = event
      return { ...named(event, time), kind: 'AMENDED', price, stopPrice, quantity, remainingQuantity }
    }
    case 'ORDER_CANCELLED': {
      const { status, filledQuantity, reason: cancelReason } = event
      return { ...named(event, time), kind: 'CLOSED', status, filledQuantity, remainingQuantity: 0, cancelReason }
    }
    default:
      return null
  }
}

function traded(trade: Trade, isMaker: boolean, time: number): OrderChange {
  const party = isMaker ? trade.maker : trade.taker
  const { status, filledQuantity, remainingQuantity } = party
  const fill = fillOf(trade, party, isMaker, time)
  const { engineSequence, symbol } = trade
  const names = named({ ...party, symbol, engineSequence }, time)
  return { ...names, kind: 'TRADED', status, filledQuantity, remainingQuantity, fill }
}

/** An order's names, and nothing told of it yet. */
function named(event: OrderNames & { readonly engineSequence: number }, time: number) {
  const { engineSequence: sequence, accountId, orderId, clientOrderId, symbol, side } = event
  return {
    sequence,
    time,
    accountId,
    orderId,
    clientOrderId,
    symbol,
    side,
    status: null,
    price: null,
    stopPrice: null,
    quantity: null,
    filledQuantity: null,
    remainingQuantity: null,
    cancelReason: null,
    fill: null,
  }
}
