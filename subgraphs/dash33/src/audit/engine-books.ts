import type { Engine } from '../engine/engine.ts'
import type { JournalReader } from '../engine/journal/reader.ts'
import { newestSound, pass, replay } from '../engine/journal/recovery.ts'
import { EXTERNAL_ACCOUNT, FEES_ACCOUNT } from '../ledger/index.ts'

/** What the engine has of an asset on an account, in minor units. */
export interface EngineBalance {
  readonly accountId: string
  readonly asset: string
  readonly total: number
  readonly held: number
}

/**
 * The engine's own books as of a command: from its newest snapshot before it and the journal since. Accounts that have nothing of an asset are
 * left out.
 * @throws JournalDamagedError where the journal does not lead there.
 */
export async function engineBooksAt(journal: JournalReader, sequence: number): Promise<EngineBalance[]> {
  const { engine, journalHash } = await newestSound(journal, sequence, () => {})
  for await (const row of journal.batchesAfter(engine.state.sequence, journalHash)) {
    if (row.firstSequence > sequence) break
    if (row.lastSequence <= sequence) pass(engine, row)
    else replay(engine, row, sequence)
  }
  if (engine.state.sequence !== sequence)
    throw new Error(`the journal leads to ${engine.state.sequence}, not ${sequence}`)
  return booksOf(engine).filter(({ total, held }) => total !== 0 || held !== 0)
}

function booksOf({ state }: Engine): EngineBalance[] {
  const { balances } = state.exchange
  const clients = state.accountsByIndex.flatMap(({ index, id }) =>
    state.assets.map((asset, number) => {
      const held = balances.held(index, number)
      return { accountId: id, asset, total: balances.available(index, number) + held, held }
    }),
  )
  const venue = state.assets.flatMap((asset, number) => [
    { accountId: FEES_ACCOUNT, asset, total: balances.fees[number]!, held: 0 },
    { accountId: EXTERNAL_ACCOUNT, asset, total: -balances.supply[number]!, held: 0 },
  ])
  return [...clients, ...venue]
}
