// node engine-process.ts DATABASE_URL lead|standby: an engine that is told over standard input what to do, until it is killed.
// Reads `n` (place `nthOrder(n)`), OPEN, HASH. Prints WARM, LEADS, `ACK n orderId`, `REFUSED n code`, `HASH hash`.
import { createInterface } from 'node:readline'
import { poolConfig } from '@opsource/database'
import { systemClock, systemRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { pino } from 'pino'
import {
  type EngineClient,
  type EngineOptions,
  followEngine,
  startEngine,
} from '../../subgraphs/dash33/src/engine/client.ts'
import { nthOrder, opening, unlimited } from './engine.ts'

const WATERMARK_MS = 100
const [databaseUrl = '', mode] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const journal = {
  databaseUrl,
  keep: 'ALL' as const,
  clock: systemClock,
  random: systemRandom,
  log: pino({ level: 'silent' }),
}

// Projections without content: only how far they have come.
const pool = new Pool({ ...poolConfig(databaseUrl), max: 1 })
pool.on('error', () => undefined)
let projected = 0
setInterval(() => {
  pool.query('UPDATE watermark SET engine_sequence = $1 WHERE engine_sequence < $1', [projected]).then(
    () => engine?.projected(projected),
    () => undefined,
  )
}, WATERMARK_MS)

let engine: EngineClient | null = null
async function optionsNow(): Promise<EngineOptions> {
  const { rows } = await pool.query('SELECT min(engine_sequence) AS through FROM watermark')
  projected = Number(rows[0].through)
  return {
    ...journal,
    projectedThrough: projected,
    onBatch: (batch) => {
      projected = batch.lastSequence
    },
    onFenced: () => process.exit(3),
  }
}

async function begin(): Promise<EngineClient> {
  if (mode === 'lead') return startEngine(await optionsNow())
  const standby = followEngine(journal)
  await standby.warm()
  say('WARM')
  await standby.leads()
  return standby.start(await optionsNow())
}

async function obey(client: EngineClient, line: string): Promise<void> {
  if (line === 'HASH') {
    const { hash } = await client.stateHash()
    say(`HASH ${hash}`)
  } else if (line === 'OPEN') {
    await client.submit([unlimited, ...opening])
    say('OPEN')
  } else {
    const [ack] = await client.submit([nthOrder(Number(line))])
    if (ack?.kind === 'PLACED') say(`ACK ${line} ${ack.order.orderId}`)
    else say(`REFUSED ${line} ${ack?.kind === 'REFUSED' ? ack.code : ack?.kind}`)
  }
}

try {
  const client = await begin()
  engine = client
  createInterface({ input: process.stdin }).on('line', (line) => void obey(client, line))
  say('LEADS')
} catch (error) {
  say(`FAILED ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
