import type { ClientBase } from 'pg'
import type { AccountNumbers } from '../accounts/index.ts'
import { int2s, int4s, int8s, texts, timestamps } from '../columns.ts'
import { writeColumns } from '../transactions.ts'
import { moveBalances } from './balances.ts'
import type { LedgerChanges } from './changes.ts'

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
