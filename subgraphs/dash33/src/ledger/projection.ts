import type { AccountNumbers } from '../accounts/index.ts'
import { int4s, int8s, texts, timestamps } from '../columns.ts'
import { CopyRows } from '../copy.ts'
import { allDone, type Statements } from '../statements.ts'
import { writeColumns } from '../transactions.ts'
import { moveBalances } from './balances.ts'
import type { LedgerChanges } from './changes.ts'
import type { LedgerEntry } from './posting.ts'

/** An account keeps its number for good: where the books are rebuilt, it is there already. */
const INSERT_ACCOUNTS = `
  INSERT INTO account (id, user_id, opened_at) SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
  ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, opened_at = excluded.opened_at`

const ENTRIES = 'ledger_entry (engine_sequence, posting, leg, account_no, asset, amount)'

const INSERT_CREDITS = `
  INSERT INTO credit (reference, engine_sequence, account_no, asset, amount, credited_at)
  SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::bigint[], $6::timestamptz[])`

/** @throws where a balance that the entries add up to, or what its pending transfers hold, is not the engine's: nothing of the batches is kept then. */
export async function writeLedger(
  statements: Statements,
  changes: LedgerChanges,
  numbers: AccountNumbers,
): Promise<void> {
  const { accounts, credits, entries, balances } = changes
  const opened = writeColumns(statements, 'insert accounts', INSERT_ACCOUNTS, accounts, () => [
    texts(accounts.map(({ accountId }) => accountId)),
    texts(accounts.map(({ userId }) => userId)),
    timestamps(accounts.map(({ at }) => at)),
  ])
  const known = numbers.load(
    statements,
    balances.map(({ accountId }) => accountId),
  )
  await allDone([opened, known])
  const rows = entryRows(entries, numbers)
  await allDone([
    writeColumns(statements, 'insert credits', INSERT_CREDITS, credits, () => [
      texts(credits.map(({ reference }) => reference)),
      int8s(credits.map(({ engineSequence }) => engineSequence)),
      int4s(credits.map(({ accountId }) => numbers.of(accountId))),
      texts(credits.map(({ asset }) => asset)),
      int8s(credits.map(({ amount }) => amount)),
      timestamps(credits.map(({ at }) => at)),
    ]),
    statements.copy(ENTRIES, rows),
    moveBalances(statements, changes, numbers),
  ])
}

function entryRows(entries: readonly LedgerEntry[], numbers: AccountNumbers): CopyRows {
  const rows = new CopyRows()
  for (const { engineSequence, posting, leg, accountId, asset, amount } of entries) {
    rows.row(6)
    rows.int8(engineSequence)
    rows.int4(posting)
    rows.int2(leg)
    rows.int4(numbers.of(accountId))
    rows.text(asset)
    rows.numeric(amount)
  }
  return rows
}
