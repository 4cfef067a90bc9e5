import { AUCTION, BY_PRICE_BAND } from './codes.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'

/** A trade would have gone beyond the band: orders gather until the halt auction ends. */
export function halt(x: Exchange, market: Market): void {
  market.status = AUCTION
  market.auctionEndsAt = x.time + market.rules.haltAuctionMs
  x.auctionEnds.set(market.index, market.auctionEndsAt, market.index)
  x.sink.statusSet(market.index, BY_PRICE_BAND)
}
