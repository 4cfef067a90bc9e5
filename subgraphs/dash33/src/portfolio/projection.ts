import type { ClientBase } from 'pg'
import { writeRows } from '../database.ts'
import type { EngineBatch } from '../engine/events.ts'
import { applyFill, FLAT, type Position, type PositionFill } from './position.ts'

const READ_POSITIONS = `
  SELECT a.id AS account_id, p.symbol, p.quantity, p.cost, p.realised
  FROM json_to_recordset($1) AS r (account_id text, symbol text)
  JOIN account a ON a.id = r.account_id
  JOIN position p ON p.account_no = a.no AND p.symbol = r.symbol`

const UPSERT_POSITIONS = `
  INSERT INTO position (account_no, symbol, quantity, cost, realised)
  SELECT a.no, r.symbol, r.quantity, r.cost, r.realised
  FROM json_to_recordset($1) AS r (account_id text, symbol text, quantity numeric, cost numeric, realised numeric)
  JOIN account a ON a.id = r.account_id
  ON CONFLICT (account_no, symbol) DO UPDATE SET quantity = excluded.quantity, cost = excluded.cost, realised = excluded.realised`

/** The fills of one account in one market, in order. */
export interface AccountFills {
  readonly accountId: string
  readonly symbol: string
  readonly fills: readonly PositionFill[]
}

export function foldFills(batches: readonly EngineBatch[]): AccountFills[] {
  const byAccount = new Map<string, { accountId: string; symbol: string; fills: PositionFill[] }>()
  for (const event of batches.flatMap((batch) => batch.events)) {
    if (event.type !== 'TRADE') continue
    for (const { accountId, side } of [event.maker, event.taker]) {
      const key = `${accountId} ${event.symbol}`
      const account = byAccount.get(key) ?? { accountId, symbol: event.symbol, fills: [] }
      byAccount.set(key, account)
      account.fills.push({ side, quantity: BigInt(event.quantity), quoteAmount: BigInt(event.quoteAmount) })
    }
  }
  return [...byAccount.values()]
}

/** Adds fills to the stored positions. The caller is the only writer. */
export async function writePositions(client: ClientBase, accounts: readonly AccountFills[]): Promise<void> {
  if (accounts.length === 0) return
  const keys = accounts.map(({ accountId, symbol }) => ({ account_id: accountId, symbol }))
  const { rows } = await client.query<Record<'account_id' | 'symbol' | 'quantity' | 'cost' | 'realised', string>>({
    name: 'read positions',
    text: READ_POSITIONS,
    values: [JSON.stringify(keys)],
  })
  const stored = new Map<string, Position>(
    rows.map((row) => [
      `${row.account_id} ${row.symbol}`,
      { quantity: BigInt(row.quantity), cost: BigInt(row.cost), realised: BigInt(row.realised) },
    ]),
  )
  const positions = accounts.map(({ accountId, symbol, fills }) => {
    const position = fills.reduce(applyFill, stored.get(`${accountId} ${symbol}`) ?? FLAT)
    const { quantity, cost, realised } = position
    return { account_id: accountId, symbol, quantity: `${quantity}`, cost: `${cost}`, realised: `${realised}` }
  })
  await writeRows(client, 'upsert positions', UPSERT_POSITIONS, positions)
}
