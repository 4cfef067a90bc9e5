import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { killProjector, projectedIn } from '../../../../tests/support/projector-kill.ts'
import { VariedTrading } from '../../../../tests/support/varied-trading.ts'
import { WatermarkMoved } from './projector.ts'
import { projectionWriter } from './store.ts'
import { ThreadedWriter } from './threaded-writer.ts'

test('the writing thread is one that writes here, and one whose session was ended writes the next time', async () => {
  const database = await freshDatabase('dash33')
  const pool = new Pool(poolConfig(database.url))
  const writer = new ThreadedWriter(poolConfig(database.url))
  const { batches } = new VariedTrading(5, 2)
  const [first, ...others] = batches
  await writer.write([first!], 0)
  await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`)
  const write = () => writer.write(others, first!.lastSequence)
  await write().catch(write)
  const ahead = others.at(-1)!.lastSequence + 2
  const behindAHole = { ...first!, firstSequence: ahead, lastSequence: ahead }
  await expect(writer.write([behindAHole], ahead - 1)).rejects.toThrow(WatermarkMoved)
  expect((await projectedIn(database.url)).differences).toBe(0)
  await writer.close()
  await pool.end()
  await database.drop()
})

test('a projector that is killed while it writes goes on where it was', async () => {
  const [killed, lived] = [await freshDatabase('dash33'), await freshDatabase('dash33')]
  await killProjector(killed.url, 1, 5, 10)
  const pool = new Pool(poolConfig(lived.url))
  await projectionWriter(pool)(new VariedTrading(5, 10).batches, 0)
  await pool.end()
  expect(await projectedIn(killed.url)).toEqual(await projectedIn(lived.url))
  await killed.drop()
  await lived.drop()
})
