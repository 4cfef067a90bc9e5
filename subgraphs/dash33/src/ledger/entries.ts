import { type Page, wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { LedgerEntryParent } from '../parents.ts'

/**
 * An account's entries by way of the trades and credits they belong to, which have indexes of its own: an entry costs four such rows a trade,
 * and an index on them would cost every trade. A trade and its posting have one number within their command.
 */
const pageSql = (order: 'ASC' | 'DESC') => {
  const range = '(engine_sequence, leg) <= ($2, $3) AND (engine_sequence, leg) >= ($5, $6)'
  const trades = (side: 'maker' | 'taker') => `
    (SELECT engine_sequence, leg AS posting, id FROM trade
      WHERE ${side}_account_no = (SELECT no FROM account WHERE id = $1) AND ${range}
      ORDER BY engine_sequence ${order}, leg ${order} LIMIT $8 + 1)`
  return `
    WITH moved AS (
      ${trades('maker')} UNION ${trades('taker')} UNION ALL
      (SELECT engine_sequence, 0, NULL FROM credit
        WHERE account_no = (SELECT no FROM account WHERE id = $1) AND engine_sequence <= $2 AND engine_sequence >= $5
        ORDER BY engine_sequence ${order} LIMIT $8 + 1))
    SELECT e.engine_sequence, e.posting, e.leg, e.asset, e.amount, m.id AS trade_id
    FROM moved m JOIN ledger_entry e ON e.engine_sequence = m.engine_sequence AND e.posting = m.posting
    WHERE e.account_no = (SELECT no FROM account WHERE id = $1)
      AND (e.engine_sequence, e.posting, e.leg) < ($2, $3, $4) AND (e.engine_sequence, e.posting, e.leg) > ($5, $6, $7)
    ORDER BY e.engine_sequence ${order}, e.posting ${order}, e.leg ${order} LIMIT $8`
}

const NEWEST = pageSql('DESC')
const OLDEST = pageSql('ASC')

interface EntryRow {
  readonly engine_sequence: string
  readonly posting: number
  readonly leg: number
  readonly asset: string
  readonly amount: string
  readonly trade_id: string | null
}

/** A page of an account's entries, newest first, in the direction in which the page is read. */
export async function findEntries(pool: Pool, accountId: string, page: Page): Promise<LedgerEntryParent[]> {
  const { rows } = await pool.query<EntryRow>({
    name: page.backward ? 'find oldest entries' : 'find newest entries',
    text: page.backward ? OLDEST : NEWEST,
    values: [
      accountId,
      ...(placeOf(page.after) ?? [Number.MAX_SAFE_INTEGER, 0, 0]),
      ...(placeOf(page.before) ?? [-1, 0, 0]),
      page.first + 1,
    ],
  })
  return rows.map((row) => ({
    engineSequence: Number(row.engine_sequence),
    posting: row.posting,
    leg: row.leg,
    asset: row.asset,
    amount: BigInt(row.amount),
    tradeId: row.trade_id,
  }))
}

const placeOf = (cursor: Page['after']) => cursor && [wholeKey(cursor[0]), wholeKey(cursor[1]), wholeKey(cursor[2])]
