import type { CloudEvent } from '@opsource/bus'
import { eventContracts } from '@opsource/bus/contracts'
import type { ClientBase } from 'pg'
import { postingsOfCredit, postingsOfTrade, sumPostings } from './fold.ts'
import { addPostings, insertTrades, raiseWatermark } from './store.ts'

/** What the book of record is made of. */
export const RECORDED_EVENTS = ['trade.executed', 'account.credited'] as const

/** Takes a batch of events onto the record, within the transaction in which they are marked as taken. */
export async function recordEvents(client: ClientBase, events: readonly CloudEvent[]): Promise<void> {
  const trades = events
    .filter(({ type }) => type === 'trade.executed')
    .map(({ data }) => eventContracts['trade.executed'].parse(data))
  const credits = events
    .filter(({ type }) => type === 'account.credited')
    .map(({ data }) => eventContracts['account.credited'].parse(data))
  if (trades.length + credits.length === 0) return
  await raiseWatermark(client, Math.max(...[...trades, ...credits].map(({ engineSequence }) => engineSequence)))
  const fresh = await insertTrades(client, trades)
  const postings = [
    ...trades.filter(({ tradeId }) => fresh.has(tradeId)).flatMap(postingsOfTrade),
    ...credits.flatMap(postingsOfCredit),
  ]
  await addPostings(client, sumPostings(postings))
}
