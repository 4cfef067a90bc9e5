import { createHash } from 'node:crypto'
import type { ClientBase, Pool } from 'pg'
import { inTransaction } from '../transactions.ts'
import type { ProjectedTable, Projection } from './projection.ts'

/** A page of rows in memory at a time. */
const ROWS_PER_FETCH = 5_000

/** What a table holds, in few characters: equal contents give equal hashes, however they came to be. */
export interface Checksum {
  readonly projection: string
  readonly table: string
  readonly rows: number
  /** SHA-256 over the rows as canonical JSON, in the order of their key, with accounts by id. */
  readonly hash: string
}

/** Sums up every table of some projections, all as of one moment. */
export function checksumsOf(pool: Pool, projections: readonly Projection[]): Promise<Checksum[]> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const checksums: Checksum[] = []
    for (const { name, tables } of projections) {
      for (const table of tables) checksums.push({ projection: name, ...(await checksumOf(client, table)) })
    }
    return checksums
  })
}

async function checksumOf(client: ClientBase, { table, key, accounts }: ProjectedTable) {
  const ids = accounts.map((column, i) => `'${column}', a${i}.id`)
  const joins = accounts.map((column, i) => `JOIN account a${i} ON a${i}.no = t.${column}`)
  await client.query(
    `DECLARE summed NO SCROLL CURSOR FOR
     SELECT (to_jsonb(t) || jsonb_build_object(${ids.join(', ')}))::text AS row FROM ${table} t ${joins.join(' ')} ORDER BY ${key}`,
  )
  const hash = createHash('sha256')
  let rows = 0
  for (;;) {
    const page = await client.query<{ row: string }>(`FETCH ${ROWS_PER_FETCH} FROM summed`)
    for (const { row } of page.rows) hash.update(row).update('\n')
    rows += page.rows.length
    if (page.rows.length < ROWS_PER_FETCH) break
  }
  await client.query('CLOSE summed')
  return { table, rows, hash: hash.digest('hex') }
}
