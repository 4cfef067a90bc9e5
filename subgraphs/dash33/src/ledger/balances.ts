import type { AccountNumbers } from '../accounts/index.ts'
import { int4s, int8s, texts } from '../columns.ts'
import { CopyRows } from '../copy.ts'
import type { HoldChange } from '../engine/events.ts'
import { allDone, type Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'
import type { BalanceMove, LedgerChanges } from './changes.ts'

const FIND_PENDING = 'SELECT order_id, amount FROM pending_transfer WHERE order_id = ANY ($1::text[])'

const UPDATE_PENDING = `
  UPDATE pending_transfer p SET amount = r.amount FROM unnest($1::text[], $2::bigint[]) AS r (order_id, amount)
  WHERE p.order_id = r.order_id`

const DELETE_PENDING = 'DELETE FROM pending_transfer WHERE order_id = ANY ($1::text[])'

const OPEN_BALANCES = `
  INSERT INTO balance (account_no, asset, total, held)
  SELECT account_no, asset, 0, 0 FROM unnest($1::int[], $2::text[]) AS r (account_no, asset)
  ON CONFLICT DO NOTHING`

/**
 * Totals and holds in one statement, because the two are checked against each other. Not an upsert: its row is checked as if it were new,
 * and what moves out of an account would be less than nothing. What would not become what the engine says is left as it is, and so tells itself.
 */
const MOVE_BALANCES = `
  UPDATE balance b SET total = b.total + m.moved, held = b.held + m.pended
  FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS m (account_no, asset, moved, pended, expected, expected_held)
  WHERE b.account_no = m.account_no AND b.asset = m.asset
    AND (m.expected IS NULL OR (b.total + m.moved = m.expected AND b.held + m.pended = m.expected_held))`

const FIND_DIFFERENCE = `
  SELECT b.account_no, b.asset, b.total, b.held
  FROM balance b JOIN unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[]) AS m (account_no, asset, expected, expected_held)
    ON b.account_no = m.account_no AND b.asset = m.asset
  WHERE b.total <> m.expected OR b.held <> m.expected_held LIMIT 1`

/**
 * Moves every touched balance: totals by the entries, holds by what its pending transfers became.
 * @throws where a total or a hold is then not what the engine says.
 */
export async function moveBalances(
  statements: Statements,
  { balances, holds }: LedgerChanges,
  numbers: AccountNumbers,
): Promise<void> {
  if (balances.length === 0) return
  const move = async () => {
    const before = await findPending(statements, holds)
    const pended = pendedOf(holds, before)
    await allDone([writePending(statements, holds, before, numbers), addUp(statements, balances, pended, numbers)])
  }
  await allDone([openBalances(statements, balances, numbers), move()])
}

const keyOf = ({ accountId, asset }: { readonly accountId: string; readonly asset: string }) => `${accountId} ${asset}`

/** @returns by how much the holds of each balance grow. */
function pendedOf(holds: readonly HoldChange[], before: ReadonlyMap<string, number>): Map<string, number> {
  const pended = new Map<string, number>()
  for (const hold of holds) {
    const key = keyOf(hold)
    pended.set(key, (pended.get(key) ?? 0) + hold.held - (before.get(hold.orderId) ?? 0))
  }
  return pended
}

async function addUp(
  statements: Statements,
  balances: readonly BalanceMove[],
  pended: ReadonlyMap<string, number>,
  numbers: AccountNumbers,
): Promise<void> {
  const accountNos = int4s(balances.map(({ accountId }) => numbers.of(accountId)))
  const assets = texts(balances.map(({ asset }) => asset))
  const moved = int8s(balances.map((balance) => balance.moved))
  const holds = int8s(balances.map((balance) => pended.get(keyOf(balance)) ?? 0))
  const expected = [
    int8s(balances.map((balance) => balance.expected)),
    int8s(balances.map((balance) => balance.expectedHeld)),
  ]
  const values = [accountNos, assets, moved, holds, ...expected]
  const { rowCount } = await statements.query({ name: 'move balances', text: MOVE_BALANCES, values })
  if (rowCount === balances.length) return
  const { rows } = await statements.query<BalanceRow>(FIND_DIFFERENCE, [accountNos, assets, ...expected])
  const [found] = rows
  const balance = balances.find(
    (each) => numbers.of(each.accountId) === found?.account_no && each.asset === found.asset,
  )
  throw new Error(
    `the ledger differs from the engine in ${balances.length - (rowCount ?? 0)} balances; ${balance?.accountId} ${balance?.asset} ` +
      `has total ${found?.total}, held ${found?.held}, and would not become total ${balance?.expected}, held ${balance?.expectedHeld}`,
  )
}

interface BalanceRow {
  readonly account_no: number
  readonly asset: string
  readonly total: string
  readonly held: string
}

/** @returns what is pending of these orders now, by order. */
async function findPending(statements: Statements, holds: readonly HoldChange[]): Promise<Map<string, number>> {
  if (holds.length === 0) return new Map()
  const { rows } = await statements.query<{ order_id: string; amount: string }>({
    name: 'find pending transfers',
    text: FIND_PENDING,
    values: [texts(holds.map(({ orderId }) => orderId))],
  })
  return new Map(rows.map(({ order_id, amount }) => [order_id, Number(amount)]))
}

async function writePending(
  statements: Statements,
  holds: readonly HoldChange[],
  before: ReadonlyMap<string, number>,
  numbers: AccountNumbers,
): Promise<void> {
  const begun = new CopyRows()
  const changed: HoldChange[] = []
  const over: HoldChange[] = []
  for (const hold of holds) {
    const { orderId, accountId, asset, held } = hold
    const amount = before.get(orderId) ?? 0
    if (amount === 0 && held > 0) {
      begun.row(4)
      begun.text(orderId)
      begun.int4(numbers.of(accountId))
      begun.text(asset)
      begun.numeric(held)
    } else if (held === 0 && amount > 0) over.push(hold)
    else if (held !== amount) changed.push(hold)
  }
  await allDone([
    statements.copy('pending_transfer (order_id, account_no, asset, amount)', begun),
    writeColumns(statements, 'change pending transfers', UPDATE_PENDING, changed, () => [
      texts(changed.map(({ orderId }) => orderId)),
      int8s(changed.map(({ held }) => held)),
    ]),
    writeColumns(statements, 'end pending transfers', DELETE_PENDING, over, () => [
      texts(over.map(({ orderId }) => orderId)),
    ]),
  ])
}

/** Those that are not known to be there. */
async function openBalances(
  statements: Statements,
  balances: readonly BalanceMove[],
  numbers: AccountNumbers,
): Promise<void> {
  const unknown = balances.filter((balance) => !numbers.openBalances.has(keyOf(balance)))
  if (unknown.length === 0) return
  const values = [
    int4s(unknown.map(({ accountId }) => numbers.of(accountId))),
    texts(unknown.map(({ asset }) => asset)),
  ]
  await statements.query({ name: 'open balances', text: OPEN_BALANCES, values })
  for (const balance of unknown) numbers.openBalances.add(keyOf(balance))
}
