import type { ClientBase, Pool } from 'pg'
import type { Queries } from './statements.ts'

/** A value that JSON carries exactly; `bigint` and `numeric` columns take whole numbers as text. */
export type Row = Readonly<Record<string, string | number | boolean | null>>

/** Runs `work` in one transaction on one connection. */
export async function inTransaction<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let fault: Error | undefined
  // The pool hears of idle connections only: one that breaks in use would end the process, where its statement fails anyway.
  const broken = (error: Error) => {
    fault = error
  }
  client.on('error', broken)
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((reason: Error) => {
      fault = reason
    })
    throw error
  } finally {
    if (!fault) client.off('error', broken)
    client.release(fault)
  }
}

/**
 * Runs a statement over many rows at once: `$1` is the rows as JSON, for `json_to_recordset`.
 * @throws if it did not touch each row exactly once, such as where a row names an account that is not there.
 */
export async function writeRows(client: Queries, name: string, text: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return
  const { rowCount } = await client.query({ name, text, values: [JSON.stringify(rows)] })
  if (rowCount !== rows.length) throw new Error(`${name}: ${rowCount} of ${rows.length} rows written`)
}

/**
 * Runs a statement over many rows at once, given as columns: see `columns.ts`.
 * @throws if it did not touch each row exactly once.
 */
export async function writeColumns(
  client: Queries,
  name: string,
  text: string,
  rows: readonly unknown[],
  columns: () => Buffer[],
): Promise<void> {
  if (rows.length === 0) return
  const { rowCount } = await client.query({ name, text, values: columns() })
  if (rowCount !== rows.length) throw new Error(`${name}: ${rowCount} of ${rows.length} rows written`)
}
