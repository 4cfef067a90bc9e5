import type { Side } from '../engine/commands.ts'
import { baseAmount, feeOn, type Instrument, type Lots, quoteAmount, type Ticks } from '../market/instruments.ts'
import type { FeeTier } from '../risk/limits.ts'

/** A share of a trade that a paper order had. Amounts in minor units. */
export interface PaperFill {
  /** At once: the last command in the book it was placed against. Later: of the real trade. */
  readonly engineSequence: number
  /** At once: which level, from the best, counted from 0. Later: of the real trade. */
  readonly leg: number
  readonly price: Ticks
  readonly quantity: Lots
  readonly baseAmount: number
  readonly quoteAmount: number
  /** Of the asset received. */
  readonly fee: number
  readonly isMaker: boolean
  /** Engine time, milliseconds since the Unix epoch. */
  readonly executedAt: number
}

/** What an account has of an asset; minor units. */
export interface PaperBalance {
  readonly total: bigint
  readonly held: bigint
}

export type Balances = Map<string, PaperBalance>

export const NOTHING: PaperBalance = { total: 0n, held: 0n }

export const availableOf = (balances: Balances, asset: string): bigint => {
  const { total, held } = balances.get(asset) ?? NOTHING
  return total - held
}

/** Rates by the volume of the last 30 UTC days before the fill under way, as of a real account: `docs/TRADING.md`. */
export class FeeRates {
  readonly #tiers: readonly FeeTier[]
  #volume: bigint

  /** @param volume quote minor units. */
  constructor(tiers: readonly FeeTier[], volume: bigint) {
    this.#tiers = tiers
    this.#volume = volume
  }

  /** @returns the rate for one fill, in hundredths of a percent. */
  rate(isMaker: boolean): number {
    const tier = this.#tiers.findLast(({ minVolume }) => BigInt(minVolume) <= this.#volume)
    if (!tier) throw new Error('the fee schedule does not begin at 0')
    return isMaker ? tier.makerBps : tier.takerBps
  }

  add(amount: number): void {
    this.#volume += BigInt(amount)
  }
}

/** A fill at a price, with its fee rounded up as a real one's. */
export function fillAt(
  instrument: Instrument,
  side: Side,
  share: Pick<PaperFill, 'price' | 'quantity' | 'engineSequence' | 'leg' | 'isMaker' | 'executedAt'>,
  rates: FeeRates,
): PaperFill {
  const [base, quote] = [baseAmount(instrument, share.quantity), quoteAmount(instrument, share.price, share.quantity)]
  const fee = feeOn(side === 'BUY' ? base : quote, rates.rate(share.isMaker))
  rates.add(quote)
  return { ...share, baseAmount: base, quoteAmount: quote, fee }
}

/** Moves what a fill gives and takes. What was held for it is the caller's to release. */
export function settle(balances: Balances, { baseAsset, quoteAsset }: Instrument, side: Side, fill: PaperFill): void {
  const [base, quote, fee] = [BigInt(fill.baseAmount), BigInt(fill.quoteAmount), BigInt(fill.fee)]
  move(balances, baseAsset, side === 'BUY' ? base - fee : -base)
  move(balances, quoteAsset, side === 'BUY' ? -quote : quote - fee)
}

export function hold(balances: Balances, asset: string, amount: bigint): void {
  const before = balances.get(asset) ?? NOTHING
  balances.set(asset, { ...before, held: before.held + amount })
}

function move(balances: Balances, asset: string, amount: bigint): void {
  const before = balances.get(asset) ?? NOTHING
  balances.set(asset, { ...before, total: before.total + amount })
}

/** What an order holds for so many lots: a buy its price in the quote asset, a sell the lots in the base asset. */
export function holdOf(
  instrument: Instrument,
  { side, price }: { readonly side: Side; readonly price: Ticks },
  lots: Lots,
): { readonly asset: string; readonly amount: bigint } {
  return side === 'BUY'
    ? { asset: instrument.quoteAsset, amount: BigInt(quoteAmount(instrument, price, lots)) }
    : { asset: instrument.baseAsset, amount: BigInt(baseAmount(instrument, lots)) }
}
