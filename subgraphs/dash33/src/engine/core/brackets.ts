import { BUY, NONE, SELL } from '../../book/index.ts'
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
import { cancel, isOpen } from './closing.ts'
import {
  ENTRY,
  GTC,
  HAS_EXITS,
  LIMIT,
  OPEN,
  PENDING,
  REASON,
  STOP_LIMIT,
  STOP_LOSS,
  STOP_MARKET,
  TAKE_PROFIT,
  WAITS_FOR_ENTRY,
} from './codes.ts'
import type { Draft } from './draft.ts'
import { count, enter, wait } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'
import { pair } from './pairs.ts'
import { REFUSED } from './refusal.ts'
import { holdMore } from './settlement.ts'

/** The prices of a bracket's exits; `stopLimit` 0: the stop loss goes to the book as a market order. */
export interface ExitPrices {
  readonly takeProfit: number
  readonly stop: number
  readonly stopLimit: number
}

/** Places an entry with its two exits, which wait for it. @returns the entry's slot, or NONE where `x.refusal` says why not */
export function placeBracket(x: Exchange, entry: Draft, exits: ExitPrices): number {
  const market = x.markets[entry.market]!
  entry.role = ENTRY
  if (refusedByVenue(x, entry.account, market)) return NONE
  if (isOutOfOrder(entry.side, exits, entry.type === LIMIT ? entry.price : market.lastPrice)) {
    x.refusal.because(REFUSED.PRICES_OUT_OF_ORDER)
    return NONE
  }
  if (refusedByShape(x, entry) || refusedByRules(x, entry, 3)) return NONE
  const rate = holdRate(market, entry)
  if (refusedByPostOnly(x, entry) || refusedByBalance(x, entry, rate * entry.quantity, 0)) return NONE
  const first = enter(x, entry, rate, rate * entry.quantity)
  enterExits(x, entry, first, exits)
  x.accounts.countMessage(entry.account, x.second)
  count(x, first)
  x.sink.accepted(first)
  x.sink.accepted(x.orders.bracket(first))
  x.sink.accepted(x.orders.partner(x.orders.bracket(first)))
  arrive(x, approve(first))
  followUp(x)
  return first
}

/** For a buy entry: stop price, entry price, take-profit price, from low to high; 0: no entry price is known. */
function isOutOfOrder(side: number, { takeProfit, stop }: ExitPrices, entry: number): boolean {
  const [low, high] = side === BUY ? [stop, takeProfit] : [takeProfit, stop]
  return low >= high || (entry !== 0 && (low >= entry || high <= entry))
}

function enterExits(x: Exchange, entry: Draft, first: number, prices: ExitPrices): void {
  const { orders, scratch } = x
  scratch.account = entry.account
  scratch.market = entry.market
  scratch.side = entry.side === BUY ? SELL : BUY
  scratch.quantity = entry.quantity
  scratch.timeInForce = GTC
  scratch.selfTrade = entry.selfTrade
  scratch.postOnly = false
  scratch.peak = 0
  scratch.expiresAt = 0
  scratch.trailingAmount = 0
  scratch.trailingBps = 0
  scratch.type = LIMIT
  scratch.price = prices.takeProfit
  scratch.stop = 0
  scratch.role = TAKE_PROFIT
  const profit = enter(x, scratch, 0, 0)
  scratch.type = prices.stopLimit === 0 ? STOP_MARKET : STOP_LIMIT
  scratch.price = prices.stopLimit
  scratch.stop = prices.stop
  scratch.role = STOP_LOSS
  const loss = enter(x, scratch, 0, 0)
  pair(x, profit, loss)
  for (const exit of [profit, loss]) {
    orders.setStatus(exit, PENDING)
    orders.mark(exit, WAITS_FOR_ENTRY)
    orders.setBracket(exit, first)
  }
  orders.setBracket(first, profit)
  orders.mark(first, HAS_EXITS)
}

/** The entry has closed with a fill: its exits become a pair over what was received, or go where that is not possible. */
export function setExitsFree(x: Exchange, entry: number): void {
  const { orders } = x
  const profit = orders.bracket(entry)
  if (!isOpen(x, profit) || !orders.has(profit, WAITS_FOR_ENTRY)) return
  const market = x.marketOf(entry)
  const loss = orders.partner(profit)
  const side = orders.pool.side[profit]!
  const profitRate = side === SELL ? market.baseUnits : orders.pool.price[profit]! * market.quoteUnits
  const worst = orders.pool.price[loss]!
  // Without a worst price it spends what is available, which no hold could bound.
  const lossRate = side === SELL ? market.baseUnits : worst * market.quoteUnits
  const rate = Math.max(profitRate, lossRate)
  const unit = side === SELL ? rate : Math.max(rate, (worst || orders.stop(loss)) * market.quoteUnits)
  const lots = Math.min(orders.filled(entry), Math.floor(orders.received(entry) / unit))
  const available = x.balances.values[x.paidCell(profit)]!
  if (lots === 0 || lots * rate > available) {
    cancel(x, profit, REASON.REFUSED_AT_TRIGGER)
    return
  }
  for (const exit of [profit, loss]) {
    orders.clear(exit, WAITS_FOR_ENTRY)
    orders.setQuantity(exit, lots)
    orders.setRemaining(exit, lots)
  }
  orders.setRate(profit, profitRate)
  orders.setRate(loss, lossRate)
  holdMore(x, profit, lots * rate)
  count(x, profit)
  orders.setStatus(profit, OPEN)
  x.sink.triggered(profit, 0)
  x.sink.triggered(loss, 0)
  wait(x, loss, 0)
  x.look(market)
  arrive(x, approve(profit))
}
