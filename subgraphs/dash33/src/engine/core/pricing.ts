import { BUY, SELL } from '../../book/index.ts'
import { feeOn } from '../../market/instruments.ts'
import { shareOf } from './basis-points.ts'
import { MARKET, STOP_MARKET, TRAILING_STOP } from './codes.ts'
import type { Draft } from './draft.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'

/** The worst price that the market's protection allows from `price` on, rounded towards it; 0 where there is no protection. */
export function protectedFrom(market: Market, side: number, price: number): number {
  const { protectionBps } = market.rules
  if (protectionBps === 0 || price === 0) return 0
  const share = shareOf(price, protectionBps)
  return side === BUY ? price + share : price - share
}

/** The best price of the other side, or 0. */
export function bestOpposite(market: Market, side: number): number {
  const best = market.book.best(side === BUY ? SELL : BUY)
  return Number.isNaN(best) ? 0 : best
}

/** The worst price that an order may trade at, as far as it is known at acceptance; 0: none. */
export function worstPrice(market: Market, draft: Draft): number {
  if (draft.price !== 0 || draft.type !== STOP_MARKET) return draft.price
  return protectedFrom(market, draft.side, draft.stop)
}

/** The best last price of a trailing stop that is active as it arrives; 0: it is not. */
export function bestAtArrival(market: Market, draft: Draft): number {
  const last = market.lastPrice
  if (last === 0 || draft.stop === 0) return last
  return (draft.side === BUY ? last <= draft.stop : last >= draft.stop) ? last : 0
}

/** The price that a buy holds for; 0: it holds nothing and spends what is available. */
export function holdPrice(market: Market, draft: Draft): number {
  if (draft.price !== 0) return draft.price
  if (draft.type === STOP_MARKET) return worstPrice(market, draft)
  if (draft.type !== TRAILING_STOP) return 0
  const best = bestAtArrival(market, draft)
  if (best === 0) return protectedFrom(market, draft.side, draft.stop)
  const distance = draft.trailingAmount || feeOn(best, draft.trailingBps)
  return protectedFrom(market, draft.side, best + distance)
}

/** The price at which an order counts in limits: its own, or the best opposite or stop price; 0 where there is none yet. */
export function countedPrice(x: Exchange, draft: Draft): number {
  const market = x.markets[draft.market]!
  if (draft.price !== 0) return draft.price
  if (draft.type === MARKET) return bestOpposite(market, draft.side)
  return draft.stop || market.lastPrice
}
