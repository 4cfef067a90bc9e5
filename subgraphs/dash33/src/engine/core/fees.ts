import { feeOn } from '../../market/instruments.ts'
import type { Exchange } from './exchange.ts'
import { tierOf } from './volume-window.ts'

/** Rates in hundredths of a percent, by the volume of the last 30 UTC days before the trade under way. */
export function makerRate(x: Exchange, account: number): number {
  return tierOf(x.feeTiers, x.volumes.volume(account, x.day)).makerBps
}

export function takerRate(x: Exchange, account: number): number {
  return tierOf(x.feeTiers, x.volumes.volume(account, x.day)).takerBps
}

/** Up to here a product divided by 10,000 keeps enough digits to be rounded up right. */
const EXACT_PRODUCT = 2 ** 50

/** `feeOn`, without a division with remainder where the numbers are small. */
export function feeOf(amount: number, bps: number): number {
  const product = amount * bps
  return product < EXACT_PRODUCT ? Math.ceil(product / 10_000) : feeOn(amount, bps)
}
