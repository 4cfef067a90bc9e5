// node projector-process.ts DATABASE_URL SEED RUNS: projects varied trading a few commands at a time, from the watermark on.
// Prints `READY` once it begins, and `DONE` after the last.
import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { projectionWriter } from '../../subgraphs/dash33/src/projections/store.ts'
import { lowest, readWatermarks } from '../../subgraphs/dash33/src/projections/watermarks.ts'
import { VariedTrading } from './varied-trading.ts'

const BATCHES_PER_WRITE = 3

const [databaseUrl, seed, runs] = process.argv.slice(2)
const { batches } = new VariedTrading(Number(seed), Number(runs))
const pool = new Pool(poolConfig(databaseUrl!))
const write = projectionWriter(pool)
let watermark = lowest(await readWatermarks(pool))
process.stdout.write('READY\n')
for (;;) {
  const next = batches.filter(({ lastSequence }) => lastSequence > watermark).slice(0, BATCHES_PER_WRITE)
  const last = next.at(-1)
  if (!last) break
  await write(next, watermark)
  watermark = last.lastSequence
}
process.stdout.write('DONE\n')
await pool.end()
