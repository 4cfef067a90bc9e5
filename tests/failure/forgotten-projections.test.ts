import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, migrate, poolConfig, prepareDatabase, startPostgres } from '@opsource/database'
import { Pool } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Projector, projectionMetrics, ThreadedWriter } from '../../subgraphs/dash33/src/projections/index.ts'
import { readWatermark } from '../../subgraphs/dash33/src/projections/store.ts'
import { projectedIn } from '../support/projector-kill.ts'
import { VariedTrading } from '../support/varied-trading.ts'

// What is not asked to be on the disk stays off it until the crash.
const settings = { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' }
/** Longer than any test takes: only what follows brings a write to the disk. */
const HOUR_MS = 3_600_000

let directory: string
let postgres: Awaited<ReturnType<typeof startPostgres>>
let dash33: string
let writer: ThreadedWriter
let projector: Projector | undefined
const { batches } = new VariedTrading(5, 10)
const [first, second, ...others] = batches

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'opsource-forgotten-'))
  postgres = await startPostgres({ directory, settings })
  dash33 = (await prepareDatabase(postgres.adminUrl)).dash33
  await migrate('dash33', dash33)
  writer = new ThreadedWriter(poolConfig(dash33))
})
afterEach(async () => {
  await projector?.close()
  await writer.close()
  await postgres.stop()
  for (const each of directoriesOf(directory)) await rm(each, { recursive: true, force: true })
})

function projecting(durableEveryMs: number): Projector {
  projector = new Projector({
    watermark: 0,
    write: writer.write,
    onProjected: () => {},
    onDurable: () => {},
    log: pino({ level: 'silent' }),
    metrics: projectionMetrics(new Registry()),
    durableEveryMs,
  })
  return projector
}

async function crash(): Promise<void> {
  process.kill(postgres.pid, 'SIGKILL')
  postgres = await startPostgres({ directory, settings })
}

async function stored(): Promise<number> {
  const pool = new Pool(poolConfig(dash33))
  try {
    return await readWatermark(pool)
  } finally {
    await pool.end()
  }
}

test('projections that PostgreSQL forgets in a crash are written again by the process that wrote them', async () => {
  const projector = projecting(HOUR_MS)
  projector.take(first!)
  await projector.caughtUp()
  projector.take(second!)
  await projector.caughtUp()
  await crash()
  expect(await stored()).toBe(first!.lastSequence)
  for (const batch of others) projector.take(batch)
  await projector.caughtUp()
  expect(await projectedIn(dash33)).toMatchObject({ differences: 0 })
  expect(await stored()).toBe(batches.at(-1)!.lastSequence)
})

test('where nothing follows, what is projected is soon on the disk all the same', async () => {
  const projector = projecting(500)
  projector.take(first!)
  await projector.caughtUp()
  projector.take(second!)
  await projector.caughtUp()
  await expect.poll(() => projector.durable, { timeout: 60_000 }).toBe(second!.lastSequence)
  await crash()
  expect(await stored()).toBe(second!.lastSequence)
})
