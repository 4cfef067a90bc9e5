import type { Pool } from 'pg'

/** Every account's total of every asset, in minor units, as of one watermark. */
export interface LedgerTotals {
  readonly watermark: number
  readonly accounts: readonly { readonly accountId: string; readonly asset: string; readonly total: bigint }[]
}

/**
 * One statement sees one state of the database: the totals are exactly those at the watermark, which is the last command that moved
 * anything, because commands that move nothing are never announced to the back office.
 */
const RECOUNT = `
  SELECT w.engine_sequence, a.id, e.asset, e.total
  FROM (SELECT coalesce(max(engine_sequence), 0) AS engine_sequence FROM ledger_entry) w
  LEFT JOIN (SELECT account_no, asset, sum(amount) AS total FROM ledger_entry GROUP BY account_no, asset) e ON true
  LEFT JOIN account a ON a.no = e.account_no
  ORDER BY a.id, e.asset`

interface TotalRow {
  readonly engine_sequence: string
  readonly id: string | null
  readonly asset: string
  readonly total: string
}

/** Adds all entries up afresh. */
export async function recountLedger(pool: Pool): Promise<LedgerTotals> {
  const { rows } = await pool.query<TotalRow>(RECOUNT)
  const accounts = rows.flatMap(({ id, asset, total }) =>
    id === null ? [] : [{ accountId: id, asset, total: BigInt(total) }],
  )
  return { watermark: Number(rows[0]?.engine_sequence ?? 0), accounts }
}
