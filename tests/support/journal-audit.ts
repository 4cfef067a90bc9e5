import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { hashState, writeState } from '../../subgraphs/dash33/src/engine/canonical.ts'
import type { EngineEvent } from '../../subgraphs/dash33/src/engine/events.ts'
import { JournalReader } from '../../subgraphs/dash33/src/engine/journal/reader.ts'
import { recover } from '../../subgraphs/dash33/src/engine/journal/recovery.ts'

/** What the whole journal of a database says. */
export interface JournalAudit {
  readonly hash: string
  /** The order that each client order id was accepted as. */
  readonly accepted: ReadonlyMap<string, string>
  /** Client order ids that were accepted more than once. */
  readonly twice: readonly string[]
  /** Assets whose balances and fees do not add up to what was credited, and by how much. */
  readonly unbalanced: readonly string[]
}

/** Replays all of it, row by row, and counts money in `bigint`. */
export async function auditJournal(databaseUrl: string): Promise<JournalAudit> {
  const client = new Client(poolConfig(databaseUrl))
  await client.connect()
  const accepted = new Map<string, string>()
  const twice: string[] = []
  const balances = new Map<string, bigint>()
  const sums = new Map<string, bigint>()
  const add = (asset: string, amount: number | bigint) => sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(amount))
  const hear = (event: EngineEvent) => {
    if (event.type === 'ORDER_ACCEPTED') {
      if (accepted.has(event.clientOrderId)) twice.push(event.clientOrderId)
      accepted.set(event.clientOrderId, event.orderId)
    } else if (event.type === 'CREDITED') {
      add(event.asset, -event.amount)
    } else if (event.type === 'TRADE') {
      const [base = '', quote = ''] = event.symbol.split('-')
      for (const { side, fee } of [event.maker, event.taker]) add(side === 'BUY' ? base : quote, fee)
    }
  }
  try {
    const { engine } = await recover(
      new JournalReader(client),
      0,
      ({ batch }) => {
        for (const event of batch.events) hear(event)
        for (const { accountId, asset, available, held } of batch.balances) {
          balances.set(`${asset} ${accountId}`, BigInt(available) + BigInt(held))
        }
      },
      () => undefined,
    )
    for (const [key, amount] of balances) add(key.split(' ')[0] ?? '', amount)
    const unbalanced = [...sums].filter(([, sum]) => sum !== 0n).map(([asset, sum]) => `${asset} is off by ${sum}`)
    return { hash: hashState(writeState(engine.state)), accepted, twice, unbalanced }
  } finally {
    await client.end()
  }
}
