import type { ClientBase } from 'pg'
import { type Row, writeRows } from '../database.ts'
import type { EngineBatch } from '../engine/events.ts'
import { type LedgerEntry, postingOf } from './posting.ts'

const INSERT_ACCOUNTS = `
  INSERT INTO account (id, user_id, opened_at)
  SELECT id, user_id, opened_at FROM json_to_recordset($1) AS r (id text, user_id text, opened_at timestamptz)`

const INSERT_ENTRIES = `
  INSERT INTO ledger_entry (engine_sequence, posting, leg, account_no, asset, amount)
  SELECT r.engine_sequence, r.posting, r.leg, a.no, r.asset, r.amount
  FROM json_to_recordset($1)
    AS r (engine_sequence bigint, posting int, leg smallint, account_id text, asset text, amount numeric)
  JOIN account a ON a.id = r.account_id`

const INSERT_CREDITS = `
  INSERT INTO credit (reference, engine_sequence, account_no, asset, amount, credited_at)
  SELECT r.reference, r.engine_sequence, a.no, r.asset, r.amount, r.credited_at
  FROM json_to_recordset($1)
    AS r (reference text, engine_sequence bigint, account_id text, asset text, amount numeric, credited_at timestamptz)
  JOIN account a ON a.id = r.account_id`

const OPEN_BALANCES = `
  INSERT INTO balance (account_no, asset, total, held)
  SELECT a.no, r.asset, 0, 0 FROM json_to_recordset($1) AS r (account_id text, asset text)
  JOIN account a ON a.id = r.account_id
  ON CONFLICT DO NOTHING`

/** Not an upsert: its row is checked as if it were new, and what moves out of an account would be less than nothing. */
const MOVE_BALANCES = `
  UPDATE balance b SET total = b.total + r.moved, held = r.held
  FROM json_to_recordset($1) AS r (account_id text, asset text, moved numeric, held numeric)
  JOIN account a ON a.id = r.account_id
  WHERE b.account_no = a.no AND b.asset = r.asset`

const FIND_DIFFERENCE = `
  SELECT r.account_id, r.asset, r.expected, b.total
  FROM json_to_recordset($1) AS r (account_id text, asset text, expected numeric)
  JOIN account a ON a.id = r.account_id
  JOIN balance b ON b.account_no = a.no AND b.asset = r.asset
  WHERE b.total <> r.expected
  LIMIT 1`

/** What some batches do to the books. */
export interface LedgerChanges {
  readonly accounts: readonly Row[]
  readonly credits: readonly Row[]
  readonly entries: readonly LedgerEntry[]
  readonly balances: readonly BalanceMove[]
}

/** `expected` is the engine's own total after the batches; null where the engine keeps none. Minor units. */
export interface BalanceMove {
  readonly accountId: string
  readonly asset: string
  readonly moved: bigint
  readonly held: bigint
  readonly expected: bigint | null
}

/** Folds batches into accounts, credits, entries and one move per balance. */
export function foldLedger(batches: readonly EngineBatch[]): LedgerChanges {
  const accounts: Row[] = []
  const credits: Row[] = []
  const entries: LedgerEntry[] = []
  const moves = new Map<string, BalanceMove>()
  const move = (accountId: string, asset: string, change: (before: BalanceMove) => Partial<BalanceMove>) => {
    const key = `${accountId} ${asset}`
    const before = moves.get(key) ?? { accountId, asset, moved: 0n, held: 0n, expected: null }
    moves.set(key, { ...before, ...change(before) })
  }
  for (const batch of batches) {
    const at = new Date(batch.time).toISOString()
    for (const event of batch.events) {
      if (event.type === 'ACCOUNT_OPENED') accounts.push({ id: event.accountId, user_id: event.userId, opened_at: at })
      if (event.type === 'CREDITED') {
        const { reference, engineSequence, accountId, asset, amount } = event
        credits.push({
          reference,
          engine_sequence: engineSequence,
          account_id: accountId,
          asset,
          amount,
          credited_at: at,
        })
      }
      for (const entry of postingOf(event)) {
        entries.push(entry)
        move(entry.accountId, entry.asset, (before) => ({ moved: before.moved + entry.amount }))
      }
    }
    for (const { accountId, asset, available, held } of batch.balances) {
      move(accountId, asset, () => ({ held: BigInt(held), expected: BigInt(available) + BigInt(held) }))
    }
  }
  return { accounts, credits, entries, balances: [...moves.values()] }
}

/** @throws where a balance that the entries add up to is not the engine's: nothing of the batches is kept then. */
export async function writeLedger(client: ClientBase, changes: LedgerChanges): Promise<void> {
  await writeRows(client, 'insert accounts', INSERT_ACCOUNTS, changes.accounts)
  await writeRows(client, 'insert credits', INSERT_CREDITS, changes.credits)
  const entries = changes.entries.map((entry) => ({
    engine_sequence: entry.engineSequence,
    posting: entry.posting,
    leg: entry.leg,
    account_id: entry.accountId,
    asset: entry.asset,
    amount: `${entry.amount}`,
  }))
  await writeRows(client, 'insert ledger entries', INSERT_ENTRIES, entries)
  const balances = changes.balances.map((balance) => ({
    account_id: balance.accountId,
    asset: balance.asset,
    moved: `${balance.moved}`,
    held: `${balance.held}`,
  }))
  if (balances.length > 0)
    await client.query({ name: 'open balances', text: OPEN_BALANCES, values: [JSON.stringify(balances)] })
  await writeRows(client, 'move balances', MOVE_BALANCES, balances)
  await compareWithEngine(client, changes.balances)
}

async function compareWithEngine(client: ClientBase, balances: readonly BalanceMove[]): Promise<void> {
  const expected = balances.flatMap(({ accountId, asset, expected }) =>
    expected === null ? [] : [{ account_id: accountId, asset, expected: `${expected}` }],
  )
  if (expected.length === 0) return
  const values = [JSON.stringify(expected)]
  const { rows } = await client.query<Record<string, string>>({
    name: 'compare balances',
    text: FIND_DIFFERENCE,
    values,
  })
  if (rows[0]) throw new Error(`the ledger differs from the engine: ${JSON.stringify(rows[0])}`)
}
