/** A trade as it is kept. */
export interface RecordedTradeRecord {
  readonly tradeId: string
  readonly engineSequence: bigint
  readonly symbol: string
  /** Plain decimals, as dash33 announced them. */
  readonly price: string
  readonly quantity: string
  readonly buyerUserId: string
  readonly sellerUserId: string
  readonly executedAt: Date
}

/** One account's total of one asset, in minor units of 10^-scale. */
export interface RecordedTotal {
  readonly accountId: string
  readonly asset: string
  readonly scale: number
  readonly total: bigint
}

export interface Book {
  /** The last engine command on record whole; of the next one, some trades may be already. */
  readonly watermark: bigint
  readonly tradeCount: bigint
  readonly totals: readonly RecordedTotal[]
}

/** Half a gigabyte with their indexes. The totals hold every trade for ever; these are the ones that can be listed. */
export const RECORDED_TRADES_KEPT = 1_000_000
