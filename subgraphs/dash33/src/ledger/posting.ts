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
  const entries: LedgerEntry[] = []
  if (event.type !== 'TRADE' && event.type !== 'CREDITED') return entries
  const { engineSequence } = event
  const posting = event.type === 'TRADE' ? event.leg : 0
  const move = (accountId: string, asset: string, amount: number) => {
    if (amount !== 0) entries.push({ engineSequence, posting, leg: entries.length, accountId, asset, amount })
  }
  if (event.type === 'CREDITED') {
    move(event.accountId, event.asset, event.amount)
    move(EXTERNAL_ACCOUNT, event.asset, -event.amount)
    return entries
  }
  const { baseAsset, quoteAsset } = instrumentOf(event.symbol)
  const [buyer, seller] = event.takerSide === 'BUY' ? [event.taker, event.maker] : [event.maker, event.taker]
  const { baseAmount, quoteAmount } = event
  move(seller.accountId, baseAsset, -baseAmount)
  move(buyer.accountId, baseAsset, baseAmount - buyer.fee)
  move(FEES_ACCOUNT, baseAsset, buyer.fee)
  move(buyer.accountId, quoteAsset, -quoteAmount)
  move(seller.accountId, quoteAsset, quoteAmount - seller.fee)
  move(FEES_ACCOUNT, quoteAsset, seller.fee)
  return entries
}
