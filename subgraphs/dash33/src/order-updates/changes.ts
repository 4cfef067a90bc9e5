import type { EngineBatch, EngineEvent, OrderNames, Trade } from '../engine/events.ts'
import { fillOf } from '../fills/index.ts'
import type { OrderUpdateParent } from '../parents.ts'

/** What an event did to one order; its place within the command is given to it by its account's log. One shape, because there are many. */
export type OrderChange = { -readonly [K in keyof OrderUpdateParent]: OrderUpdateParent[K] }

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
      const change = nothingYet('ACCEPTED', event, event.symbol, event.engineSequence, time)
      change.status = event.status
      change.price = event.terms.price
      change.stopPrice = event.terms.stopPrice
      change.quantity = event.terms.quantity
      change.filledQuantity = 0
      change.remainingQuantity = event.terms.quantity
      return change
    }
    case 'ORDER_TRIGGERED': {
      const change = nothingYet('TRIGGERED', event, event.symbol, event.engineSequence, time)
      change.status = event.status
      change.quantity = event.quantity
      change.filledQuantity = 0
      change.remainingQuantity = event.quantity
      return change
    }
    case 'ORDER_AMENDED': {
      const change = nothingYet('AMENDED', event, event.symbol, event.engineSequence, time)
      change.price = event.price
      change.stopPrice = event.stopPrice
      change.quantity = event.quantity
      change.remainingQuantity = event.remainingQuantity
      return change
    }
    case 'ORDER_CANCELLED': {
      const change = nothingYet('CLOSED', event, event.symbol, event.engineSequence, time)
      change.status = event.status
      change.filledQuantity = event.filledQuantity
      change.remainingQuantity = 0
      change.cancelReason = event.reason
      return change
    }
    default:
      return null
  }
}

function traded(trade: Trade, isMaker: boolean, time: number): OrderChange {
  const party = isMaker ? trade.maker : trade.taker
  const change = nothingYet('TRADED', party, trade.symbol, trade.engineSequence, time)
  change.status = party.status
  change.filledQuantity = party.filledQuantity
  change.remainingQuantity = party.remainingQuantity
  change.fill = fillOf(trade, party, isMaker, time)
  return change
}

function nothingYet(
  kind: OrderChange['kind'],
  order: Omit<OrderNames, 'symbol'>,
  symbol: string,
  sequence: number,
  time: number,
): OrderChange {
  return {
    sequence,
    position: 0,
    time,
    kind,
    accountId: order.accountId,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol,
    side: order.side,
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
