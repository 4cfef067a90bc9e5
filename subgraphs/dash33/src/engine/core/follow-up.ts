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
    if (x.moved.length === 0) return
    const market = x.markets[x.moved[0]!]!
    const slot = nextMet(x, market)
    if (slot < 0) x.moved.shift()
    else trigger(x, market, slot)
  }
}
