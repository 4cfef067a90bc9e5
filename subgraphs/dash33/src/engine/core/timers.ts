import { endAuction } from './auctions.ts'
import { cancelAll, setDeadMan } from './cancelling.ts'
import { cancel } from './closing.ts'
import { REASON } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'

/** Time has come: what is due by `x.time` happens: orders expire, then dead man's switches go off, then auctions end. */
export function tick(x: Exchange): void {
  for (let slot = x.deadlines.take(x.time); slot >= 0; slot = x.deadlines.take(x.time)) cancel(x, slot, REASON.EXPIRED)
  for (let account = x.deadMen.take(x.time); account >= 0; account = x.deadMen.take(x.time)) {
    setDeadMan(x, account, 0)
    cancelAll(x, account, -1, -1, REASON.DEAD_MAN)
  }
  for (let market = x.auctionEnds.take(x.time); market >= 0; market = x.auctionEnds.take(x.time)) {
    endAuction(x, x.markets[market]!)
  }
  followUp(x)
}
