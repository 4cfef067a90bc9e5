import { err, formatDecimal, ok, parseDecimal, type Result } from '@opsource/kernel'

/** Price in whole ticks, quantity in whole lots, amount in whole minor units: always safe integers. */
export type Ticks = number
export type Lots = number
export type MinorUnits = number

/** A multiple of `units` × 10^-scale. */
export interface Increment {
  readonly units: number
  readonly scale: number
}

/** A market's unchanging numbers. */
export interface Instrument {
  readonly symbol: string
  readonly baseAsset: string
  readonly quoteAsset: string
  readonly baseScale: number
  readonly quoteScale: number
  readonly tick: Increment
  readonly lot: Increment
  /** Minor units of the base asset in one lot. */
  readonly baseUnitsPerLot: MinorUnits
  /** Minor units of the quote asset that one lot costs at a price of one tick: exact, or the market could not exist. */
  readonly quoteUnitsPerTickLot: MinorUnits
  /** Hundredths of a percent of what the order receives. */
  readonly makerFeeBps: number
  readonly takerFeeBps: number
}

/** Decimal places of an asset's minor unit. USDT has 7: tick × lot is exact in both markets, and 900 million USDT stay below 2^53. */
export const ASSET_SCALES: Readonly<Record<string, number>> = { BTC: 8, ETH: 8, USDT: 7 }

const MAKER_FEE_BPS = 2
const TAKER_FEE_BPS = 5
const BPS = 10_000

export const INSTRUMENTS: readonly Instrument[] = [
  defineInstrument('BTC', 'USDT', { units: 1, scale: 2 }, { units: 1, scale: 5 }),
  defineInstrument('ETH', 'USDT', { units: 1, scale: 2 }, { units: 1, scale: 4 }),
]

/** @throws if a lot, or a tick × lot, is not a whole number of minor units. */
export function defineInstrument(baseAsset: string, quoteAsset: string, tick: Increment, lot: Increment): Instrument {
  const baseScale = assetScale(baseAsset)
  const quoteScale = assetScale(quoteAsset)
  const lotShift = baseScale - lot.scale
  const tickLotShift = quoteScale - tick.scale - lot.scale
  if (lotShift < 0 || tickLotShift < 0) throw new Error(`${baseAsset}-${quoteAsset}: amounts would not be exact`)
  return {
    symbol: `${baseAsset}-${quoteAsset}`,
    baseAsset,
    quoteAsset,
    baseScale,
    quoteScale,
    tick,
    lot,
    baseUnitsPerLot: lot.units * 10 ** lotShift,
    quoteUnitsPerTickLot: tick.units * lot.units * 10 ** tickLotShift,
    makerFeeBps: MAKER_FEE_BPS,
    takerFeeBps: TAKER_FEE_BPS,
  }
}

export function findInstrument(symbol: string): Instrument | undefined {
  return INSTRUMENTS.find((instrument) => instrument.symbol === symbol)
}

/** @throws if there is no such market; for symbols that come from the engine. */
export function instrumentOf(symbol: string): Instrument {
  const instrument = findInstrument(symbol)
  if (!instrument) throw new Error(`unknown market ${symbol}`)
  return instrument
}

/** @throws if the exchange does not know the asset. */
export function assetScale(asset: string): number {
  const scale = ASSET_SCALES[asset]
  if (scale === undefined) throw new Error(`unknown asset ${asset}`)
  return scale
}

/** What `quantity` costs at `price`; beyond 2^53 the result is inexact, which `isExactOrder` tells beforehand. */
export function quoteAmount(instrument: Instrument, price: Ticks, quantity: Lots): MinorUnits {
  return price * quantity * instrument.quoteUnitsPerTickLot
}

export function baseAmount(instrument: Instrument, quantity: Lots): MinorUnits {
  return quantity * instrument.baseUnitsPerLot
}

/** Whether every amount of an order is a safe integer; `price` is null for a market order. */
export function isExactOrder(instrument: Instrument, price: Ticks | null, quantity: Lots): boolean {
  const base = baseAmount(instrument, quantity)
  if (!Number.isSafeInteger(base)) return false
  if (price === null) return true
  return Number.isSafeInteger(price * quantity) && Number.isSafeInteger(quoteAmount(instrument, price, quantity))
}

/** The fee on what is received, rounded up to a whole minor unit in the venue's favour; exact for every safe `amount`. */
export function feeOn(amount: MinorUnits, bps: number): MinorUnits {
  const rest = amount % BPS
  return ((amount - rest) / BPS) * bps + Math.ceil((rest * bps) / BPS)
}

export type NumberFault = 'NOT_A_DECIMAL' | 'TOO_MANY_DIGITS' | 'NOT_POSITIVE' | 'OFF_INCREMENT' | 'TOO_LARGE'

/** Reads a plain decimal as a positive whole number of increments. */
export function parseIncrements(text: string, increment: Increment): Result<number, NumberFault> {
  const units = parseDecimal(text, increment.scale)
  if (!units.ok) return err(units.error === 'TOO_PRECISE' ? 'OFF_INCREMENT' : units.error)
  if (units.value <= 0n) return err('NOT_POSITIVE')
  if (units.value % BigInt(increment.units) !== 0n) return err('OFF_INCREMENT')
  const count = Number(units.value / BigInt(increment.units))
  return Number.isSafeInteger(count) ? ok(count) : err('TOO_LARGE')
}

/** Writes a whole number of increments (ticks or lots) as a plain decimal. */
export function formatIncrements(count: number, increment: Increment): string {
  const units = count * increment.units
  return formatDecimal(Number.isSafeInteger(units) ? units : BigInt(count) * BigInt(increment.units), increment.scale)
}
