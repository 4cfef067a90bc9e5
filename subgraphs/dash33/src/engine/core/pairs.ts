import { BUY, NONE } from '../../book/index.ts'
import {
  approve,
  holdRate,
  refusedByBalance,
  refusedByPostOnly,
  refusedByRules,
  refusedByShape,
  refusedByVenue,
} from './approval.ts'
import { arrive } from './arrival.ts'
import { OCO_LIMIT, OCO_STOP, PAIRED } from './codes.ts'
import type { Draft } from './draft.ts'
import { count, enter, wait } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'
import { REFUSED } from './refusal.ts'

/**
 * Places two orders of which one cancels the other, under one hold, the larger of the two.
 * @param stop the other leg, of the same account, market, side and quantity
 * @returns the limit leg's slot, or NONE where `x.refusal` says why not
 */
export function placePair(x: Exchange, limit: Draft, stop: Draft): number {
  const market = x.markets[limit.market]!
  limit.role = OCO_LIMIT
  stop.role = OCO_STOP
  if (refusedByVenue(x, limit.account, market)) return NONE
  if (isOutOfOrder(limit.side, limit.price, market.lastPrice, stop.stop)) {
    x.refusal.because(REFUSED.PRICES_OUT_OF_ORDER)
    return NONE
  }
  for (const leg of [limit, stop]) if (refusedByShape(x, leg)) return NONE
  for (const leg of [limit, stop]) if (refusedByRules(x, leg, 2)) return NONE
  const limitRate = holdRate(market, limit)
  const stopRate = holdRate(market, stop)
  const needed = Math.max(limitRate, stopRate) * limit.quantity
  if (refusedByPostOnly(x, limit) || refusedByBalance(x, limit, needed, 0)) return NONE
  const first = enter(x, limit, limitRate, needed)
  const second = enter(x, stop, stopRate, 0)
  pair(x, first, second)
  x.accounts.countMessage(limit.account, x.second)
  count(x, first)
  x.sink.accepted(first)
  x.sink.accepted(second)
  wait(x, second, 0)
  arrive(x, approve(first))
  followUp(x)
  return first
}

/** Makes two orders the legs of a pair. */
export function pair(x: Exchange, first: number, second: number): void {
  const { orders } = x
  orders.setPartner(first, second)
  orders.setPartner(second, first)
  orders.mark(first, PAIRED)
  orders.mark(second, PAIRED)
}

/** A sell wants its limit above the last price and its stop below, a buy the other way round; 0: no last price. */
function isOutOfOrder(side: number, limit: number, last: number, stop: number): boolean {
  const [low, high] = side === BUY ? [limit, stop] : [stop, limit]
  return low >= high || (last !== 0 && (low >= last || high <= last))
}
