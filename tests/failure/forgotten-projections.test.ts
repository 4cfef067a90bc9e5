import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, migrate, poolConfig, prepareDatabase, startPostgres } from '@opsource/database'
import { Pool } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { Projector, projectionMetrics, ThreadedWriter } from '../../subgraphs/dash33/src/projections/index.ts'
import { readWatermark } from '../../subgraphs/dash33/src/projections/store.ts'
import { projectedIn } from '../support/projector-kill.ts'
import { VariedTrading } from '../support/varied-trading.ts'

// What is not asked to be on the disk stays off it until the crash.
const settings = { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' }

test('projections that PostgreSQL forgets in a crash are written again by the process that wrote them', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'opsource-forgotten-'))
  let postgres = await startPostgres({ directory, settings })
  const { dash33 } = await prepareDatabase(postgres.adminUrl)
  await migrate('dash33', dash33)
  const log = pino({ level: 'silent' })
  const writer = new ThreadedWriter(poolConfig(dash33))
  const projector = new Projector({
    watermark: 0,
    write: writer.write,
    onProjected: () => {},
    onDurable: () => {},
    log,
    metrics: projectionMetrics(new Registry()),
  })
  const { batches } = new VariedTrading(5, 10)
  const [first, second, ...others] = batches
  try {
    projector.take(first!)
    await projector.caughtUp()
    projector.take(second!)
    await projector.caughtUp()
    process.kill(postgres.pid, 'SIGKILL')
    postgres = await startPostgres({ directory, settings })
    const pool = new Pool(poolConfig(dash33))
    const found = await readWatermark(pool)
    await pool.end()
    expect(found).toBe(first!.lastSequence)
    for (const batch of others) projector.take(batch)
    await projector.caughtUp()
    expect(await projectedIn(dash33)).toMatchObject({ differences: 0 })
    const after = new Pool(poolConfig(dash33))
    expect(await readWatermark(after)).toBe(batches.at(-1)!.lastSequence)
    await after.end()
  } finally {
    await projector.close()
    await writer.close()
    await postgres.stop()
    for (const each of directoriesOf(directory)) await rm(each, { recursive: true, force: true })
  }
})
