import type { EngineEvent } from '../engine/events.ts'
import { findInstrument } from '../market/instruments.ts'

/** The venue's own accounts: what it earned, and the other side of what came from outside. */
export const FEES_ACCOUNT = 'fees'
export const EXTERNAL_ACCOUNT = 'external'

/** One leg of a posting, in minor units of the asset. */
export interface LedgerEntry {
  readonly engineSequence: number
  /** Position among the postings of its command. */
  readonly posting: number
  readonly leg: number
  readonly accountId: string
  readonly asset: string
  readonly amount: bigint
}

/**
 * What an engine event moves between accounts: legs that add up to zero in every asset, or none.
 * A trade gives the base from seller to buyer and the quote from buyer to seller; of what each receives, the venue keeps the fee.
 */
export function postingOf(event: EngineEvent): LedgerEntry[] {
  const moves = movesOf(event).filter(([, , amount]) => amount !== 0n)
  const posting = event.type === 'TRADE' ? event.leg : 0
  return moves.map(([accountId, asset, amount], leg) => ({
    engineSequence: event.engineSequence,
    posting,
    leg,
    accountId,
    asset,
    amount,
  }))
}

function movesOf(event: EngineEvent): [accountId: string, asset: string, amount: bigint][] {
  if (event.type === 'CREDITED') {
    const amount = BigInt(event.amount)
    return [
      [event.accountId, event.asset, amount],
      [EXTERNAL_ACCOUNT, event.asset, -amount],
    ]
  }
  if (event.type !== 'TRADE') return []
  const instrument = findInstrument(event.symbol)
  if (!instrument) throw new Error(`trade in unknown market ${event.symbol}`)
  const { baseAsset, quoteAsset } = instrument
  const [buyer, seller] = event.takerSide === 'BUY' ? [event.taker, event.maker] : [event.maker, event.taker]
  const base = BigInt(event.baseAmount)
  const quote = BigInt(event.quoteAmount)
  return [
    [seller.accountId, baseAsset, -base],
    [buyer.accountId, baseAsset, base - BigInt(buyer.fee)],
    [FEES_ACCOUNT, baseAsset, BigInt(buyer.fee)],
    [buyer.accountId, quoteAsset, -quote],
    [seller.accountId, quoteAsset, quote - BigInt(seller.fee)],
    [FEES_ACCOUNT, quoteAsset, BigInt(seller.fee)],
  ]
}
