import { findInstrument, instrumentOf } from '../market/instruments.ts'
import type { BalanceParent, PositionParent } from '../parents.ts'

/** What portfolios are valued in. */
export const VALUE_ASSET = 'USDT'

/**
 * @param lastPrice ticks of a market's last trade, or null where there was none.
 * @returns minor units of USDT, each asset rounded down; null where the price of something held is missing.
 */
export function portfolioValue(
  balances: readonly BalanceParent[],
  lastPrice: (symbol: string) => number | null,
): bigint | null {
  let value = 0n
  for (const { asset, total } of balances) {
    if (total === 0n) continue
    if (asset === VALUE_ASSET) {
      value += total
      continue
    }
    const instrument = findInstrument(`${asset}-${VALUE_ASSET}`)
    const price = instrument ? lastPrice(instrument.symbol) : null
    if (!instrument || price === null) return null
    value += (total * BigInt(price) * BigInt(instrument.quoteUnitsPerTickLot)) / BigInt(instrument.baseUnitsPerLot)
  }
  return value
}

/** @returns minor units of the quote asset for one whole unit of the base asset, rounded down; null where nothing is held. */
export function averagePriceOf({ symbol, quantity, cost }: PositionParent): bigint | null {
  if (quantity === 0n) return null
  const { baseUnitsPerLot, baseScale } = instrumentOf(symbol)
  return (cost * 10n ** BigInt(baseScale)) / (quantity * BigInt(baseUnitsPerLot))
}
