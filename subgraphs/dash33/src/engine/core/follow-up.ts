import { setExitsFree } from './brackets.ts'
import type { Exchange } from './exchange.ts'
import { nextMet, trigger } from './stops.ts'

/** What an order leaves behind once it has finished: exits that their entry sets free, then stops that the last price meets, until there are none. */
export function followUp(x: Exchange): void {
  while (true) {
    if (x.closedEntries.length > 0) {
      setExitsFree(x, x.closedEntries.shift()!)
      continue
    }
    const { moved } = x
    if (moved.length === 0) return
    const market = x.markets[moved.length === 1 ? moved[0]! : Math.min(...moved)]!
    const slot = nextMet(x, market)
    if (slot < 0) moved.splice(moved.indexOf(market.index), 1)
    else trigger(x, market, slot)
  }
}
