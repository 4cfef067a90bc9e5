import type { EventOf } from '@opsource/bus'
import type { ClientBase } from 'pg'
import { postingsOfCredit, postingsOfTrade, sumPostings } from './fold.ts'
import { addPostings, insertTrades, raiseWatermark } from './store.ts'

/** What the book of record is made of. */
export type RecordedEvent = EventOf<'trade.executed' | 'account.credited'>

/** Takes a batch of events onto the record, within the transaction in which they are marked as taken. */
export async function recordEvents(client: ClientBase, events: readonly RecordedEvent[]): Promise<void> {
  const trades = events.filter((event) => event.type === 'trade.executed').map(({ data }) => data)
  const credits = events.filter((event) => event.type === 'account.credited').map(({ data }) => data)
  if (events.length === 0) return
  await raiseWatermark(client, Math.max(...events.map(lastWhole)))
  const fresh = await insertTrades(client, trades)
  const postings = [
    ...trades.filter(({ tradeId }) => fresh.has(tradeId)).flatMap(postingsOfTrade),
    ...credits.flatMap(postingsOfCredit),
  ]
  await addPostings(client, sumPostings(postings))
}

/** @returns the last command that is on record whole once this event is: batches end anywhere, also between two trades of one order. */
function lastWhole({ type, data }: RecordedEvent): number {
  return type === 'trade.executed' && data.moreFollow ? data.engineSequence - 1 : data.engineSequence
}
