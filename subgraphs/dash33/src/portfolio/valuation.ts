import { findInstrument, INSTRUMENTS, instrumentOf } from '../market/instruments.ts'
import type { BalanceParent } from '../parents.ts'

/** What portfolios are valued in. */
export const VALUE_ASSET = 'USDT'

/** @returns a market's mark price in ticks, or null where nobody has traded or quoted. A mid price may lie between two ticks. */
export type MarkPrices = (symbol: string) => number | null

/** Best prices and the last trade's, in ticks; null where there is none. */
export interface Quotes {
  readonly lastPrice: number | null
  readonly bestBid: number | null
  readonly bestAsk: number | null
}

/** @returns the price of the last trade; before the first the middle between the best bid and the best offer; null where one is missing. */
export function markPriceOf({ lastPrice, bestBid, bestAsk }: Quotes): number | null {
  if (lastPrice !== null) return lastPrice
  return bestBid === null || bestAsk === null ? null : (bestBid + bestAsk) / 2
}

/**
 * @param quantity minor units of a market's base asset; below zero what is short.
 * @param markPrice ticks, in whole or half.
 * @returns minor units of the quote asset, rounded down.
 */
export function worthOf(symbol: string, quantity: bigint, markPrice: number): bigint {
  const { quoteUnitsPerTickLot, baseUnitsPerLot } = instrumentOf(symbol)
  return floorDivide(quantity * BigInt(markPrice * 2) * BigInt(quoteUnitsPerTickLot), 2n * BigInt(baseUnitsPerLot))
}

/** @returns minor units of USDT, each asset rounded down; null where the price of something held is missing. */
export function portfolioValue(balances: readonly BalanceParent[], markPrice: MarkPrices): bigint | null {
  let value = 0n
  for (const { asset, total } of balances) {
    if (total === 0n) continue
    if (asset === VALUE_ASSET) {
      value += total
      continue
    }
    const instrument = findInstrument(`${asset}-${VALUE_ASSET}`)
    const price = instrument ? markPrice(instrument.symbol) : null
    if (!instrument || price === null) return null
    value += worthOf(instrument.symbol, total, price)
  }
  return value
}

/** What one minor unit of each priced asset is worth as a quotient, in minor units of USDT, for a database to multiply and divide. */
export interface AssetRate {
  readonly asset: string
  readonly numerator: bigint
  readonly denominator: bigint
}

/** @param lastPrices ticks by symbol; an asset without one is not among the rates. */
export function assetRates(lastPrices: ReadonlyMap<string, number>): AssetRate[] {
  const priced = INSTRUMENTS.flatMap(({ symbol, baseAsset, quoteAsset, quoteUnitsPerTickLot, baseUnitsPerLot }) => {
    const price = lastPrices.get(symbol)
    if (quoteAsset !== VALUE_ASSET || price === undefined) return []
    return [
      {
        asset: baseAsset,
        numerator: BigInt(price) * BigInt(quoteUnitsPerTickLot),
        denominator: BigInt(baseUnitsPerLot),
      },
    ]
  })
  return [{ asset: VALUE_ASSET, numerator: 1n, denominator: 1n }, ...priced]
}

/** What is held or short of one asset, and what it cost. */
interface Cost {
  readonly symbol: string
  /** Base minor units. */
  readonly quantity: bigint
  /** Quote minor units. */
  readonly cost: bigint
}

/** @returns minor units of the quote asset for one whole unit of the base asset, rounded down; null where nothing is held. */
export function averagePriceOf({ symbol, quantity, cost }: Cost): bigint | null {
  if (quantity === 0n) return null
  return (cost * 10n ** BigInt(instrumentOf(symbol).baseScale)) / quantity
}

/** @returns what a position would still bring at the mark price less what it cost, in quote minor units, rounded down. */
export function unrealisedOf({ symbol, quantity, cost }: Cost, markPrice: number | null): bigint | null {
  if (quantity === 0n) return 0n - cost
  return markPrice === null ? null : worthOf(symbol, quantity, markPrice) - cost
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && value % by !== 0n ? quotient - 1n : quotient
}
