import { appendOutbox } from '@opsource/bus'
import type { ClientBase, Pool } from 'pg'
import { foldCandles, writeCandles } from '../candles/index.ts'
import { inTransaction } from '../database.ts'
import type { EngineBatch } from '../engine/events.ts'
import { foldLedger, writeLedger } from '../ledger/index.ts'
import { foldOrders, writeOrders } from '../orders/index.ts'
import { foldFills, writePositions } from '../portfolio/index.ts'
import { foldTrades, writeTrades } from '../trades/index.ts'
import { eventsOf } from './events.ts'
import { type BatchWriter, WatermarkMoved } from './projector.ts'

const MOVE_WATERMARK = `
  UPDATE watermark SET engine_sequence = $1, time = $2 WHERE name = 'projections' AND engine_sequence = $3`

/** @returns the last engine sequence that every projection contains. */
export function readWatermark(pool: Pool): Promise<number> {
  return currentWatermark(pool)
}

async function currentWatermark(database: Pick<ClientBase, 'query'>): Promise<number> {
  const { rows } = await database.query<{ engine_sequence: string }>(
    `SELECT engine_sequence FROM watermark WHERE name = 'projections'`,
  )
  if (!rows[0]) throw new Error('the projections have no watermark')
  return Number(rows[0].engine_sequence)
}

/** Every projection, the events for other domains and the watermark, in one transaction. */
export function projectionWriter(pool: Pool): BatchWriter {
  return async (batches, after) => {
    const last = batches.at(-1)
    if (!last) return
    const changes = foldAll(batches)
    await inTransaction(pool, async (client) => {
      const { rowCount } = await client.query({
        name: 'move watermark',
        text: MOVE_WATERMARK,
        values: [last.lastSequence, new Date(last.time), after],
      })
      if (rowCount !== 1) {
        // The connection may have died between an earlier commit of the same batches and its answer.
        if ((await currentWatermark(client)) === last.lastSequence) return
        throw new WatermarkMoved(`the projections are no longer at ${after}`)
      }
      await writeLedger(client, changes.ledger)
      await writeOrders(client, changes.orders)
      await writeTrades(client, changes.trades)
      await writeCandles(client, changes.candles)
      await writePositions(client, changes.fills)
      await appendOutbox(client, changes.events)
    })
  }
}

function foldAll(batches: readonly EngineBatch[]) {
  return {
    ledger: foldLedger(batches),
    orders: foldOrders(batches),
    trades: foldTrades(batches),
    candles: foldCandles(batches),
    fills: foldFills(batches),
    events: eventsOf(batches),
  }
}
