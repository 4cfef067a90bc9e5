import { endAuction } from './auctions.ts'
import { cancelAll, setDeadMan } from './cancelling.ts'
import { cancel } from './closing.ts'
import { REASON } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'

/**
 * Time has come: everything due by `x.time` happens, the earliest first; at one time orders expire first, oldest first, then dead man's switches go off, then
 * auctions end.
 */
export function tick(x: Exchange): void {
  for (let due = x.nextTimer; due !== null && due <= x.time; due = x.nextTimer) {
    if (x.deadlines.peek() === due) {
      const slot = x.deadlines.take(due)
      cancel(x, slot, REASON.EXPIRED)
    } else if (x.deadMen.peek() === due) {
      const account = x.deadMen.take(due)
      cancelAll(x, account, -1, -1, REASON.DEAD_MAN)
      setDeadMan(x, account, 0)
    } else {
      endAuction(x, x.markets[x.auctionEnds.take(due)]!)
    }
    followUp(x)
  }
}
