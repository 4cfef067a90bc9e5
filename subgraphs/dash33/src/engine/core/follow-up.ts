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
    const market = x.moved[0]
    if (!market) return
    const slot = nextMet(x, market)
    if (slot >= 0) {
      trigger(x, market, slot)
      continue
    }
    x.moved.shift()
    market.isMoved = false
  }
}
