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
  ON CONFLICT DO NOTHING RETURNING account_no, asset`

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
  { balances, holds, balanceOf }: LedgerChanges,
  numbers: AccountNumbers,
): Promise<void> {
  if (balances.length === 0) return
  const before = await findPending(statements, holds)
  const pended = new Map<BalanceMove, number>()
  for (const hold of holds) {
    const balance = balanceOf(hold)
    pended.set(balance, (pended.get(balance) ?? 0) + hold.held - (before.get(hold.orderId) ?? 0))
  }
  const moves = balances.map((balance) => ({
    ...balance,
    no: numbers.of(balance.accountId),
    pended: pended.get(balance) ?? 0,
  }))
  // Rows that lie together are changed together: measured, a sixth of the statement.
  moves.sort((a, b) => a.no - b.no)
  await allDone([writePending(statements, holds, before, numbers), addToAll(statements, moves)])
}

interface NumberedMove extends BalanceMove {
  readonly no: number
  readonly pended: number
}

/** Nearly always all are there; those that are not are opened then. */
async function addToAll(statements: Statements, moves: readonly NumberedMove[]): Promise<void> {
  let written = await add(statements, moves)
  if (written < moves.length) {
    const opened = await open(statements, moves)
    written += await add(
      statements,
      moves.filter(({ no, asset }) => opened.has(`${no} ${asset}`)),
    )
  }
  if (written === moves.length) return
  throw new Error(`the ledger differs from the engine: ${await differenceIn(statements, moves)}`)
}

/** @returns how many became what the engine says. */
async function add(statements: Statements, moves: readonly NumberedMove[]): Promise<number> {
  if (moves.length === 0) return 0
  const values = [
    ...keyColumns(moves),
    int8s(moves.map(({ moved }) => moved)),
    int8s(moves.map(({ pended }) => pended)),
    ...expectedColumns(moves),
  ]
  const { rowCount } = await statements.query({ name: 'move balances', text: MOVE_BALANCES, values })
  return rowCount ?? 0
}

/** @returns those that were not there. */
async function open(statements: Statements, moves: readonly NumberedMove[]): Promise<Set<string>> {
  const { rows } = await statements.query<{ account_no: number; asset: string }>({
    name: 'open balances',
    text: OPEN_BALANCES,
    values: keyColumns(moves),
  })
  return new Set(rows.map(({ account_no: no, asset }) => `${no} ${asset}`))
}

async function differenceIn(statements: Statements, moves: readonly NumberedMove[]): Promise<string> {
  const { rows } = await statements.query<BalanceRow>(FIND_DIFFERENCE, [
    ...keyColumns(moves),
    ...expectedColumns(moves),
  ])
  const [found] = rows
  const move = moves.find(({ no, asset }) => no === found?.account_no && asset === found.asset)
  if (!found || !move) return 'a balance would not become what it should'
  const { accountId, asset, expected, expectedHeld } = move
  return `${accountId} ${asset} has total ${found.total}, held ${found.held} and should have ${expected}, ${expectedHeld}`
}

const keyColumns = (moves: readonly NumberedMove[]) => [
  int4s(moves.map(({ no }) => no)),
  texts(moves.map(({ asset }) => asset)),
]

const expectedColumns = (moves: readonly NumberedMove[]) => [
  int8s(moves.map(({ expected }) => expected)),
  int8s(moves.map(({ expectedHeld }) => expectedHeld)),
]

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
