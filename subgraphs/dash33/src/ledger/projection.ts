import type { ClientBase } from 'pg'
import type { AccountNumbers } from '../accounts/index.ts'
import { int2s, int4s, int8s, texts, timestamps } from '../columns.ts'
import { writeColumns } from '../database.ts'
import type { BalanceMove, LedgerChanges } from './changes.ts'

/** An account keeps its number for good: where the books are rebuilt, it is there already. */
const INSERT_ACCOUNTS = `
  INSERT INTO account (id, user_id, opened_at) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
  ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, opened_at = excluded.opened_at`

const INSERT_ENTRIES = `
  INSERT INTO ledger_entry (engine_sequence, posting, leg, account_no, asset, amount)
  SELECT * FROM unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::text[], $6::bigint[])`

const INSERT_CREDITS = `
  INSERT INTO credit (reference, engine_sequence, account_no, asset, amount, credited_at)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::timestamptz[])`

const OPEN_BALANCES = `
  INSERT INTO balance (account_no, asset, total, held)
  SELECT account_no, asset, 0, 0 FROM unnest($1::int[], $2::text[]) AS r (account_no, asset)
  ON CONFLICT DO NOTHING`

/**
 * Entries move totals, and pending transfers as they come, shrink and go move what is held: in one statement, because the two are checked
 * against each other. Not an upsert of balances: its row is checked as if it were new, and what moves out would be less than nothing.
 */
const MOVE_BALANCES = `
  WITH hold AS MATERIALIZED (
    SELECT * FROM unnest($4::text[], $5::int[], $6::text[], $7::bigint[]) AS r (order_id, account_no, asset, amount)),
  before AS MATERIALIZED (
    SELECT p.order_id, p.amount FROM pending_transfer p WHERE p.order_id = ANY ($4::text[])),
  pended AS (
    INSERT INTO pending_transfer (order_id, account_no, asset, amount)
    SELECT order_id, account_no, asset, amount FROM hold WHERE amount > 0
    ON CONFLICT (order_id) DO UPDATE SET amount = excluded.amount),
  over AS (
    DELETE FROM pending_transfer WHERE order_id = ANY (ARRAY (SELECT order_id FROM hold WHERE amount = 0))),
  pending AS (
    SELECT h.account_no, h.asset, sum(h.amount - coalesce(b.amount, 0)) AS held
    FROM hold h LEFT JOIN before b USING (order_id) GROUP BY 1, 2),
  move AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[]) AS r (account_no, asset, moved))
  UPDATE balance b SET total = b.total + m.moved, held = b.held + coalesce(p.held, 0)
  FROM move m LEFT JOIN pending p USING (account_no, asset)
  WHERE b.account_no = m.account_no AND b.asset = m.asset
  RETURNING b.account_no, b.asset, b.total, b.held`

/** @throws where a balance that the entries add up to, or what its pending transfers hold, is not the engine's: nothing of the batches is kept then. */
export async function writeLedger(client: ClientBase, changes: LedgerChanges, numbers: AccountNumbers): Promise<void> {
  const { accounts, credits, entries, balances } = changes
  await writeColumns(client, 'insert accounts', INSERT_ACCOUNTS, accounts, () => [
    texts(accounts.map(({ accountId }) => accountId)),
    texts(accounts.map(({ userId }) => userId)),
    timestamps(accounts.map(({ at }) => at)),
  ])
  await numbers.load(
    client,
    balances.map(({ accountId }) => accountId),
  )
  await writeColumns(client, 'insert credits', INSERT_CREDITS, credits, () => [
    texts(credits.map(({ reference }) => reference)),
    int8s(credits.map(({ engineSequence }) => engineSequence)),
    int4s(credits.map(({ accountId }) => numbers.of(accountId))),
    texts(credits.map(({ asset }) => asset)),
    int8s(credits.map(({ amount }) => amount)),
    timestamps(credits.map(({ at }) => at)),
  ])
  await writeColumns(client, 'insert ledger entries', INSERT_ENTRIES, entries, () => [
    int8s(entries.map(({ engineSequence }) => engineSequence)),
    int4s(entries.map(({ posting }) => posting)),
    int2s(entries.map(({ leg }) => leg)),
    int4s(entries.map(({ accountId }) => numbers.of(accountId))),
    texts(entries.map(({ asset }) => asset)),
    int8s(entries.map(({ amount }) => amount)),
  ])
  await moveBalances(client, changes, numbers)
}

async function moveBalances(
  client: ClientBase,
  { balances, holds }: LedgerChanges,
  numbers: AccountNumbers,
): Promise<void> {
  if (balances.length === 0) return
  const keys = [
    int4s(balances.map(({ accountId }) => numbers.of(accountId))),
    texts(balances.map(({ asset }) => asset)),
  ] as const
  await client.query({ name: 'open balances', text: OPEN_BALANCES, values: [...keys] })
  const { rows } = await client.query<{ account_no: number; asset: string; total: string; held: string }>({
    name: 'move balances',
    text: MOVE_BALANCES,
    values: [
      ...keys,
      int8s(balances.map(({ moved }) => moved)),
      ...(holds.length === 0
        ? NO_HOLDS
        : [
            texts(holds.map(({ orderId }) => orderId)),
            int4s(holds.map(({ accountId }) => numbers.of(accountId))),
            texts(holds.map(({ asset }) => asset)),
            int8s(holds.map(({ held }) => held)),
          ]),
    ],
  })
  const written = new Map(rows.map((row) => [`${row.account_no} ${row.asset}`, row]))
  for (const balance of balances) compare(balance, written.get(`${numbers.of(balance.accountId)} ${balance.asset}`))
}

const NO_HOLDS = ['{}', '{}', '{}', '{}']

function compare(
  { accountId, asset, expected, expectedHeld }: BalanceMove,
  row?: { total: string; held: string },
): void {
  if (!row) throw new Error(`the ledger has no balance of ${accountId} in ${asset}`)
  if (expected === null) return
  if (row.total === String(expected) && row.held === String(expectedHeld)) return
  const found = `total ${row.total}, held ${row.held}`
  throw new Error(
    `the ledger differs from the engine: ${accountId} ${asset} has ${found}, expected total ${expected}, held ${expectedHeld}`,
  )
}
