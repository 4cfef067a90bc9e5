import type { ClientBase, Pool } from 'pg'
import { writeRows } from '../database.ts'
import type { PaperAccountParent } from '../parents.ts'
import { type Valuation, type ValuationRow, valuationOf } from '../portfolio/index.ts'
import type { Balances } from './settlement.ts'

export type Queries = Pick<ClientBase, 'query'> | Pool

interface AccountRow {
  readonly id: string
  readonly user_id: string
  readonly client_account_id: string
  readonly name: string
  readonly opened_at: Date
  readonly closed_at: Date | null
  readonly opening_equity: string
}

/** Everyone who changes paper accounts holds this first: placing and cancelling together (`FOR SHARE`), following the market alone. */
export async function lockWatermark(client: ClientBase, mode: 'SHARE' | 'UPDATE') {
  const { rows } = await client.query<{ engine_sequence: string; minute: Date }>(
    `SELECT engine_sequence, minute FROM paper_watermark FOR ${mode}`,
  )
  if (!rows[0]) throw new Error('the paper accounts have no watermark')
  return { engineSequence: Number(rows[0].engine_sequence), minute: rows[0].minute.getTime() }
}

/** @returns null where the user has no such account. `FOR UPDATE`: nobody else changes it until the transaction ends. */
export async function findAccount(
  database: Queries,
  userId: string,
  accountId: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<PaperAccountParent | null> {
  const { rows } = await database.query<AccountRow>(
    `SELECT * FROM paper_account WHERE id = $1 AND user_id = $2 ${lock}`,
    [accountId, userId],
  )
  return rows[0] ? accountOf(rows[0]) : null
}

/** A user's accounts, newest first. */
export async function findAccounts(database: Queries, userId: string): Promise<PaperAccountParent[]> {
  const { rows } = await database.query<AccountRow>(
    'SELECT * FROM paper_account WHERE user_id = $1 ORDER BY opened_at DESC, id DESC',
    [userId],
  )
  return rows.map(accountOf)
}

export async function readBalances(database: Queries, accountIds: readonly string[]): Promise<Map<string, Balances>> {
  const { rows } = await database.query<Record<'account_id' | 'asset' | 'total' | 'held', string>>(
    'SELECT account_id, asset, total, held FROM paper_balance WHERE account_id = ANY ($1) ORDER BY asset',
    [accountIds],
  )
  const balances = new Map<string, Balances>(accountIds.map((id) => [id, new Map()]))
  for (const { account_id, asset, total, held } of rows)
    balances.get(account_id)?.set(asset, { total: BigInt(total), held: BigInt(held) })
  return balances
}

const UPSERT_BALANCES = `
  INSERT INTO paper_balance (account_id, asset, opening, total, held)
  SELECT account_id, asset, 0, total, held FROM json_to_recordset($1) AS r (account_id text, asset text, total numeric, held numeric)
  ON CONFLICT (account_id, asset) DO UPDATE SET total = excluded.total, held = excluded.held`

export async function writeBalances(client: ClientBase, balances: ReadonlyMap<string, Balances>): Promise<void> {
  const rows = [...balances].flatMap(([account_id, assets]) =>
    [...assets].map(([asset, { total, held }]) => ({ account_id, asset, total: `${total}`, held: `${held}` })),
  )
  await writeRows(client, 'upsert paper balances', UPSERT_BALANCES, rows)
}

/** What an account began with, by asset. */
export async function readOpenings(database: Queries, accountId: string): Promise<Map<string, bigint>> {
  const { rows } = await database.query<{ asset: string; opening: string }>(
    'SELECT asset, opening FROM paper_balance WHERE account_id = $1 AND opening > 0',
    [accountId],
  )
  return new Map(rows.map(({ asset, opening }) => [asset, BigInt(opening)]))
}

/** Stores a new account with what it begins with. */
export async function writeAccount(
  client: ClientBase,
  userId: string,
  account: PaperAccountParent,
  balances: ReadonlyMap<string, bigint>,
): Promise<void> {
  await client.query(
    `INSERT INTO paper_account (id, user_id, client_account_id, name, opened_at, opening_equity) VALUES ($1, $2, $3, $4, $5, $6)`,
    [account.id, userId, account.clientAccountId, account.name, new Date(account.openedAt), `${account.openingEquity}`],
  )
  const rows = [...balances].map(([asset, amount]) => ({ account_id: account.id, asset, amount: `${amount}` }))
  await writeRows(client, 'open paper balances', OPEN_BALANCES, rows)
}

const OPEN_BALANCES = `
  INSERT INTO paper_balance (account_id, asset, opening, total, held)
  SELECT account_id, asset, amount, amount, 0 FROM json_to_recordset($1) AS r (account_id text, asset text, amount numeric)`

/** What an account was seen to be worth, its opening included, by rising time. */
export async function findValuations(database: Queries, account: PaperAccountParent): Promise<Valuation[]> {
  const { rows } = await database.query<ValuationRow>(
    'SELECT time, equity, 0 AS flow FROM paper_equity_point WHERE account_id = $1 ORDER BY time',
    [account.id],
  )
  return [{ time: account.openedAt, equity: 0n, flow: account.openingEquity }, ...rows.map(valuationOf)]
}

function accountOf(row: AccountRow): PaperAccountParent {
  return {
    id: row.id,
    clientAccountId: row.client_account_id,
    name: row.name,
    openedAt: row.opened_at.getTime(),
    closedAt: row.closed_at?.getTime() ?? null,
    openingEquity: BigInt(row.opening_equity),
  }
}
