import type { ClientBase } from 'pg'
import type { AccountNumbers } from '../accounts/index.ts'
import { int4s, int8s, texts } from '../columns.ts'
import type { HoldChange } from '../engine/events.ts'
import type { BalanceMove, LedgerChanges } from './changes.ts'

const FIND_PENDING = 'SELECT order_id, amount FROM pending_transfer WHERE order_id = ANY ($1::text[])'

const UPSERT_PENDING = `
  INSERT INTO pending_transfer (order_id, account_no, asset, amount)
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::bigint[])
  ON CONFLICT (order_id) DO UPDATE SET amount = excluded.amount`

const DELETE_PENDING = 'DELETE FROM pending_transfer WHERE order_id = ANY ($1::text[])'

const OPEN_BALANCES = `
  INSERT INTO balance (account_no, asset, total, held)
  SELECT account_no, asset, 0, 0 FROM unnest($1::int[], $2::text[]) AS r (account_no, asset)
  ON CONFLICT DO NOTHING`

/**
 * Totals and holds in one statement, because the two are checked against each other. Not an upsert: its row is checked as if it were new,
 * and what moves out of an account would be less than nothing.
 */
const MOVE_BALANCES = `
  WITH moved AS (
    UPDATE balance b SET total = b.total + m.moved, held = b.held + m.pended
    FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
      AS m (account_no, asset, moved, pended, expected, expected_held)
    WHERE b.account_no = m.account_no AND b.asset = m.asset
    RETURNING b.account_no, b.asset, b.total, b.held, b.total <> m.expected OR b.held <> m.expected_held AS differs)
  SELECT NULL AS account_no, NULL AS asset, count(*) AS total, NULL AS held FROM moved
  UNION ALL (SELECT account_no, asset, total, held FROM moved WHERE differs LIMIT 1)`

/**
 * Moves every touched balance: totals by the entries, holds by what its pending transfers became.
 * @throws where a total or a hold is then not what the engine says.
 */
export async function moveBalances(
  client: ClientBase,
  { balances, holds }: LedgerChanges,
  numbers: AccountNumbers,
): Promise<void> {
  if (balances.length === 0) return
  const keyOf = ({ accountId, asset }: { accountId: string; asset: string }) => `${numbers.of(accountId)} ${asset}`
  const pended = new Map<string, number>()
  const before = await findPending(client, holds)
  for (const hold of holds) {
    const key = keyOf(hold)
    pended.set(key, (pended.get(key) ?? 0) + hold.held - (before.get(hold.orderId) ?? 0))
  }
  await writePending(client, holds, before, numbers)
  await openBalances(
    client,
    balances.filter((balance) => !numbers.openBalances.has(keyOf(balance))),
    numbers,
  )
  const { rows } = await client.query<BalanceRow>({
    name: 'move balances',
    text: MOVE_BALANCES,
    values: [
      int4s(balances.map(({ accountId }) => numbers.of(accountId))),
      texts(balances.map(({ asset }) => asset)),
      int8s(balances.map(({ moved }) => moved)),
      int8s(balances.map((balance) => pended.get(keyOf(balance)) ?? 0)),
      int8s(balances.map(({ expected }) => expected)),
      int8s(balances.map(({ expectedHeld }) => expectedHeld)),
    ],
  })
  const [moved, difference] = rows
  if (Number(moved?.total) !== balances.length)
    throw new Error(`move balances: ${moved?.total} of ${balances.length} rows written`)
  if (!difference) return
  const balance = balances.find((each) => keyOf(each) === `${difference.account_no} ${difference.asset}`)
  const found = `total ${difference.total}, held ${difference.held}`
  const expected = `total ${balance?.expected}, held ${balance?.expectedHeld}`
  throw new Error(
    `the ledger differs from the engine: ${balance?.accountId} ${balance?.asset} has ${found}, not ${expected}`,
  )
}

interface BalanceRow {
  readonly account_no: number | null
  readonly asset: string | null
  readonly total: string
  readonly held: string
}

/** @returns what is pending of these orders now, by order. */
async function findPending(client: ClientBase, holds: readonly HoldChange[]): Promise<Map<string, number>> {
  if (holds.length === 0) return new Map()
  const { rows } = await client.query<{ order_id: string; amount: string }>({
    name: 'find pending transfers',
    text: FIND_PENDING,
    values: [texts(holds.map(({ orderId }) => orderId))],
  })
  return new Map(rows.map(({ order_id, amount }) => [order_id, Number(amount)]))
}

async function writePending(
  client: ClientBase,
  holds: readonly HoldChange[],
  before: ReadonlyMap<string, number>,
  numbers: AccountNumbers,
): Promise<void> {
  const pending = holds.filter(({ held }) => held > 0)
  const over = holds.filter(({ held, orderId }) => held === 0 && before.has(orderId))
  if (pending.length > 0) {
    const values = [
      texts(pending.map(({ orderId }) => orderId)),
      int4s(pending.map(({ accountId }) => numbers.of(accountId))),
      texts(pending.map(({ asset }) => asset)),
      int8s(pending.map(({ held }) => held)),
    ]
    await client.query({ name: 'upsert pending transfers', text: UPSERT_PENDING, values })
  }
  if (over.length > 0) {
    const values = [texts(over.map(({ orderId }) => orderId))]
    await client.query({ name: 'end pending transfers', text: DELETE_PENDING, values })
  }
}

async function openBalances(
  client: ClientBase,
  balances: readonly BalanceMove[],
  numbers: AccountNumbers,
): Promise<void> {
  if (balances.length === 0) return
  const values = [
    int4s(balances.map(({ accountId }) => numbers.of(accountId))),
    texts(balances.map(({ asset }) => asset)),
  ]
  await client.query({ name: 'open balances', text: OPEN_BALANCES, values })
  for (const { accountId, asset } of balances) numbers.openBalances.add(`${numbers.of(accountId)} ${asset}`)
}
