import { LOOK_AGAIN, type SelfTradeVerdict, STOP, TRADE } from '../../book/index.ts'
import { cancel, endPair } from './closing.ts'
import { COUNTED, DECREMENT, EXPIRE_BOTH, EXPIRE_MAKER, NO_REASON, PAIRED, REASON, TRADE_WITH_SELF } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { releaseSurplus, uncount } from './settlement.ts'

/** What becomes of an incoming order that meets one of its own account's: its mode decides. */
export function meetOwn(x: Exchange, maker: number, taker: number): SelfTradeVerdict {
  switch (x.orders.selfTrade(taker)) {
    case TRADE_WITH_SELF:
      return TRADE
    case EXPIRE_MAKER:
      cancel(x, maker, REASON.SELF_TRADE)
      return LOOK_AGAIN
    case EXPIRE_BOTH:
      cancel(x, maker, REASON.SELF_TRADE)
      return STOP
    case DECREMENT:
      return decrement(x, maker, taker)
    default:
      return STOP
  }
}

function decrement(x: Exchange, maker: number, taker: number): SelfTradeVerdict {
  const { orders } = x
  const { book } = x.marketOf(maker)
  const by = Math.min(orders.remaining(maker), orders.remaining(taker))
  if (by === orders.remaining(maker)) {
    cancel(x, maker, REASON.SELF_TRADE)
  } else {
    book.reduce(maker, by)
    shorten(x, maker, by)
  }
  book.reduceTaker(by)
  if (by === orders.remaining(taker)) cancel(x, taker, REASON.SELF_TRADE)
  else shorten(x, taker, by)
  return LOOK_AGAIN
}

/** Lots that were ordered and now never trade. */
function shorten(x: Exchange, slot: number, by: number): void {
  const { orders } = x
  if (orders.has(slot, COUNTED)) uncount(x, slot, by)
  orders.setQuantity(slot, orders.quantity(slot) - by)
  orders.setRemaining(slot, orders.remaining(slot) - by)
  releaseSurplus(x, slot)
  x.sink.amended(slot, true, true)
  if (orders.has(slot, PAIRED)) endPair(x, slot, NO_REASON)
}
