import { spawn } from 'node:child_process'
import path from 'node:path'
import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { auditLedger } from '../../subgraphs/dash33/src/audit/index.ts'
import { PROJECTIONS } from '../../subgraphs/dash33/src/projections/catalogue.ts'
import { type Checksum, checksumsOf } from '../../subgraphs/dash33/src/projections/checksum.ts'

const PROGRAM = path.join(import.meta.dirname, 'projector-process.ts')
const LONGEST_LIFE_MS = 250

/** What is in the projections, and what has gone out. */
export interface Projected {
  readonly checksums: readonly Checksum[]
  /** Ids of the events in the outbox, in order. */
  readonly events: readonly string[]
  /** Of the ledger's audit, without the engine's journal. */
  readonly differences: number
}

/** Kills the process of a projector with SIGKILL at random points of its work, then lets one finish. @returns how many died before that. */
export async function killProjector(databaseUrl: string, kills: number, seed: number, runs: number): Promise<number> {
  const random = seededRandom(seed)
  let died = 0
  for (let kill = 0; kill < kills; kill++) {
    if ((await run(databaseUrl, seed, runs, random.next() * LONGEST_LIFE_MS)) === 'KILLED') died++
  }
  await run(databaseUrl, seed, runs, null)
  return died
}

export async function projectedIn(databaseUrl: string): Promise<Projected> {
  const pool = new Pool(poolConfig(databaseUrl))
  const checksums = await checksumsOf(pool, PROJECTIONS)
  const { rows } = await pool.query<{ id: string }>(`SELECT event->>'id' AS id FROM outbox_event ORDER BY position`)
  const { checks } = await auditLedger(pool)
  await pool.end()
  const differences = checks.flatMap(({ name, differences }) => (name.includes('engine') ? [] : differences)).length
  return { checksums, events: rows.map(({ id }) => id), differences }
}

/** @param afterMs how long after it has begun it is killed; null: never. */
async function run(
  databaseUrl: string,
  seed: number,
  runs: number,
  afterMs: number | null,
): Promise<'KILLED' | 'DONE'> {
  const child = spawn(process.execPath, [PROGRAM, databaseUrl, String(seed), String(runs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    if (output === '' && afterMs !== null) setTimeout(() => child.kill('SIGKILL'), afterMs)
    output += text
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  if (output.includes('DONE')) return 'DONE'
  if (code !== null) throw new Error(`the projector's process ended by itself with ${code}`)
  return 'KILLED'
}
