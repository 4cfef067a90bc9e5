import type { ClientBase, Pool } from 'pg'
import { inTransaction } from '../database.ts'
import { JournalReader } from '../engine/journal/reader.ts'
import { lowest, readWatermarks } from '../projections/index.ts'
import { type EngineBalance, engineBooksAt } from './engine-books.ts'
import { CHECKS } from './queries.ts'

/** Two ways to come to the same amount that differ. Minor units. */
export interface Difference {
  readonly account: string | null
  readonly asset: string
  readonly expected: string
  readonly found: string
  /** Which posting, order or command, where there is one to name. */
  readonly detail: string | null
}

export interface AuditedCheck {
  readonly name: string
  readonly differences: readonly Difference[]
}

export interface LedgerAudit {
  /** Everything is as of this command. */
  readonly watermark: number
  readonly entries: number
  readonly checks: readonly AuditedCheck[]
  /** Why the engine's own books could not be compared; null where they were. */
  readonly engineAway: string | null
}

/** Recounts the ledger from its entries, every other way that there is, as of one moment: the exchange may run meanwhile. */
export function auditLedger(pool: Pool): Promise<LedgerAudit> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const watermark = lowest(await readWatermarks(client))
    const counted = await client.query<{ count: string }>('SELECT count(*) FROM ledger_entry')
    const checks: AuditedCheck[] = []
    for (const { name, text } of CHECKS) {
      const { rows } = await client.query<Difference>(text)
      checks.push({ name, differences: rows })
    }
    const engine = await compareWithEngine(client, watermark)
    return {
      watermark,
      entries: Number(counted.rows[0]?.count),
      checks: engine.check ? [...checks, engine.check] : checks,
      engineAway: engine.away,
    }
  })
}

async function compareWithEngine(
  client: ClientBase,
  watermark: number,
): Promise<{ check: AuditedCheck | null; away: string | null }> {
  let books: EngineBalance[]
  try {
    books = await engineBooksAt(new JournalReader(client), watermark)
  } catch (error) {
    return { check: null, away: error instanceof Error ? error.message : String(error) }
  }
  const { rows } = await client.query<{ account: string; asset: string; total: string; held: string }>(
    'SELECT a.id AS account, b.asset, b.total, b.held FROM balance b JOIN account a ON a.no = b.account_no ORDER BY a.id, b.asset',
  )
  const expected = new Map(books.map((each) => [`${each.accountId} ${each.asset}`, each]))
  const found = new Map(rows.map((row) => [`${row.account} ${row.asset}`, row]))
  const differences = [...new Set([...expected.keys(), ...found.keys()])].flatMap((key): Difference[] => {
    const [account = '', asset = ''] = key.split(/ (?=\S+$)/)
    const mine = found.get(key) ?? { total: '0', held: '0' }
    const theirs = expected.get(key) ?? { total: 0, held: 0 }
    const compared = (detail: string | null, expected: number, found: string): Difference[] =>
      String(expected) === found ? [] : [{ account, asset, expected: String(expected), found, detail }]
    return [...compared(null, theirs.total, mine.total), ...compared('held', theirs.held, mine.held)]
  })
  return { check: { name: 'totals and holds are the engine’s', differences }, away: null }
}
