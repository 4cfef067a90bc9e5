import type { EngineEvent } from '../engine/events.ts'
import { instrumentOf } from '../market/instruments.ts'

/** The venue's own accounts: what it earned, and the other side of what came from outside. */
export const FEES_ACCOUNT = 'fees'
export const EXTERNAL_ACCOUNT = 'external'

/** One leg of a posting, in minor units of the asset: a safe integer, as all that the engine counts. */
export interface LedgerEntry {
  readonly engineSequence: number
  /** Position among the postings of its command. */
  readonly posting: number
  readonly leg: number
  readonly accountId: string
  readonly asset: string
  readonly amount: number
}

/**
 * What an engine event moves between accounts: legs that add up to zero in every asset, or none.
 * A trade gives the base from seller to buyer and the quote from buyer to seller; of what each receives, the venue keeps the fee.
 */
export function postingOf(event: EngineEvent): LedgerEntry[] {
  const moves = movesOf(event).filter(([, , amount]) => amount !== 0)
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

function movesOf(event: EngineEvent): [accountId: string, asset: string, amount: number][] {
  if (event.type === 'CREDITED') {
    return [
      [event.accountId, event.asset, event.amount],
      [EXTERNAL_ACCOUNT, event.asset, -event.amount],
    ]
  }
  if (event.type !== 'TRADE') return []
  const { baseAsset, quoteAsset } = instrumentOf(event.symbol)
  const [buyer, seller] = event.takerSide === 'BUY' ? [event.taker, event.maker] : [event.maker, event.taker]
  const { baseAmount, quoteAmount } = event
  return [
    [seller.accountId, baseAsset, -baseAmount],
    [buyer.accountId, baseAsset, baseAmount - buyer.fee],
    [FEES_ACCOUNT, baseAsset, buyer.fee],
    [buyer.accountId, quoteAsset, -quoteAmount],
    [seller.accountId, quoteAsset, quoteAmount - seller.fee],
    [FEES_ACCOUNT, quoteAsset, seller.fee],
  ]
}
