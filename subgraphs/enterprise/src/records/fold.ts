import type { EventData } from '@opsource/bus/contracts'

/** The venue's own accounts. */
export const FEES = 'fees'
export const EXTERNAL = 'external'

/** One account's change in one asset, in minor units of 10^-scale. */
export interface Posting {
  readonly accountId: string
  readonly asset: string
  readonly scale: number
  readonly amount: bigint
}

/** Each party gets what the other pays, less its fee; the fees stay with the venue. Adds up to zero in each asset. */
export function postingsOfTrade(trade: EventData<'trade.executed'>): Posting[] {
  const base = { asset: trade.baseAsset, scale: trade.baseScale }
  const quote = { asset: trade.quoteAsset, scale: trade.quoteScale }
  const [baseAmount, quoteAmount] = [BigInt(trade.baseAmount), BigInt(trade.quoteAmount)]
  const [baseFee, quoteFee] = [BigInt(trade.buyer.fee), BigInt(trade.seller.fee)]
  return [
    { ...base, accountId: trade.buyer.accountId, amount: baseAmount - baseFee },
    { ...base, accountId: trade.seller.accountId, amount: -baseAmount },
    { ...base, accountId: FEES, amount: baseFee },
    { ...quote, accountId: trade.seller.accountId, amount: quoteAmount - quoteFee },
    { ...quote, accountId: trade.buyer.accountId, amount: -quoteAmount },
    { ...quote, accountId: FEES, amount: quoteFee },
  ].filter(({ amount }) => amount !== 0n)
}

/** What an account is credited with comes from outside the venue. */
export function postingsOfCredit(credit: EventData<'account.credited'>): Posting[] {
  const asset = { asset: credit.asset, scale: credit.assetScale }
  const amount = BigInt(credit.amount)
  return [
    { ...asset, accountId: credit.accountId, amount },
    { ...asset, accountId: EXTERNAL, amount: -amount },
  ]
}

/** One posting for each account and asset that moved, in the order of their keys: concurrent writers then lock rows in one order. */
export function sumPostings(postings: readonly Posting[]): Posting[] {
  const sums = new Map<string, Posting>()
  for (const posting of postings) {
    const key = `${posting.accountId} ${posting.asset}`
    const sum = sums.get(key)
    sums.set(key, { ...posting, amount: (sum?.amount ?? 0n) + posting.amount })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, posting]) => posting)
}
