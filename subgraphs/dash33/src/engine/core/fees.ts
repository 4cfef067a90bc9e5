import type { Exchange } from './exchange.ts'
import { tierOf } from './volume-window.ts'

/** Rates in hundredths of a percent, by the volume of the last 30 UTC days before the trade under way. */
export function makerRate(x: Exchange, account: number): number {
  return tierOf(x.feeTiers, x.volumes.volume(account, x.day)).makerBps
}

export function takerRate(x: Exchange, account: number): number {
  return tierOf(x.feeTiers, x.volumes.volume(account, x.day)).takerBps
}
