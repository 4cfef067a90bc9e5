import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'
import { EVENTUALLY } from './venue.ts'
import { plain, type Visitor } from './visitor.ts'

const BOOKS = /* GraphQL */ `
  query Books {
    ledger { watermark balanced accounts { accountId asset total } }
    bookOfRecord { watermark tradeCount accounts { accountId asset total } }
  }
`
const accounts = z.array(z.object({ accountId: z.string(), asset: z.string(), total: z.string() }))
const books = z.object({
  ledger: z.object({ watermark: z.number(), balanced: z.boolean(), accounts }),
  bookOfRecord: z.object({ watermark: z.number(), tradeCount: z.number(), accounts }),
})

/** @returns every account's total, without those of nothing. */
const totalsOf = (rows: z.infer<typeof accounts>) =>
  Object.fromEntries(
    rows
      .map(({ accountId, asset, total }) => [`${accountId} ${asset}`, plain(total)] as const)
      .filter(([, total]) => total !== '0')
      .sort(),
  )

/**
 * Holds the back office's book of record against the exchange's ledger at the same watermark, to the last unit.
 * @param atLeast the sequence of a command that moved money, which both must contain.
 * @returns what both hold, by account and asset.
 */
export async function booksAgree(operator: Visitor, atLeast: number): Promise<Readonly<Record<string, string>>> {
  const deadline = AbortSignal.timeout(EVENTUALLY.timeout)
  while (true) {
    const { ledger, bookOfRecord } = await operator.get(books, BOOKS)
    const behind = Math.min(ledger.watermark, bookOfRecord.watermark) < atLeast
    if ((behind || ledger.watermark !== bookOfRecord.watermark) && !deadline.aborted) {
      await sleep(EVENTUALLY.interval)
      continue
    }
    expect(bookOfRecord.watermark).toBe(ledger.watermark)
    expect(ledger.watermark).toBeGreaterThanOrEqual(atLeast)
    expect(ledger.balanced).toBe(true)
    expect(totalsOf(bookOfRecord.accounts)).toEqual(totalsOf(ledger.accounts))
    return totalsOf(ledger.accounts)
  }
}
