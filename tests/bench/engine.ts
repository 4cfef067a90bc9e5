// node tools/run.mjs tests/bench/engine.ts: the engine's throughput and latency, journal included, on a PostgreSQL of its own.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { directoriesOf, migrate, poolConfig, prepareDatabase, startPostgres } from '@opsource/database'
import { Client } from 'pg'
import type { EngineClient } from '../../subgraphs/dash33/src/engine/client.ts'
import type { Command } from '../../subgraphs/dash33/src/engine/commands.ts'
import { Engine } from '../../subgraphs/dash33/src/engine/engine.ts'
import { nthOrder, observedEngine, opening } from '../support/engine.ts'

const COMMITS = 2_000
const WARM_UP = 20_000
const CLOSED_LOOP_SECONDS = 4
const OPEN_LOOP_SECONDS = 6
const IDLE_SECONDS = 10

/** Orders that rest before they are cancelled, as a market maker's do. */
const RESTING = 200

let next = 0
/** Orders and cancels in turn, each cancel of an older order, which may have traded away. */
function command(): Command {
  const n = next++
  const placed = Math.ceil(n / 2)
  if (n % 2 === 0 || placed < RESTING) return nthOrder(placed)
  const older = nthOrder(placed - RESTING)
  return { kind: 'CANCEL', accountId: older.accountId, clientOrderId: older.clientOrderId }
}

const directory = mkdtempSync(path.join(tmpdir(), 'opsource-bench-'))
const server = await startPostgres({ directory })
try {
  const { dash33: url } = await prepareDatabase(server.adminUrl)
  await migrate('dash33', url)
  await describeMachine(url)
  await measureCommit(url)
  measurePure()
  await measureJournaled(url)
} finally {
  await server.stop()
  for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
}

async function describeMachine(url: string): Promise<void> {
  const client = new Client(poolConfig(url))
  await client.connect()
  const { rows } = await client.query(
    `SELECT version(), current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS sync`,
  )
  await client.end()
  console.log(`${cpus().length} × ${cpus()[0]?.model}, node ${process.version}`)
  console.log(`${rows[0].version.split(',')[0]}, fsync ${rows[0].fsync}, synchronous_commit ${rows[0].sync}`)
}

/** What the database alone takes: the floor under every answer. */
async function measureCommit(url: string): Promise<void> {
  const client = new Client(poolConfig(url))
  await client.connect()
  await client.query('CREATE TABLE bare_commit (n int PRIMARY KEY, payload bytea)')
  const payload = Buffer.alloc(100)
  const latencies: number[] = []
  const start = performance.now()
  for (let n = 0; n < COMMITS; n++) {
    const sent = performance.now()
    await client.query({ name: 'bare', text: 'INSERT INTO bare_commit VALUES ($1, $2)', values: [n, payload] })
    latencies.push(performance.now() - sent)
  }
  report('one bare INSERT, committed, at a time', COMMITS, performance.now() - start, latencies)
  await client.query('DROP TABLE bare_commit')
  await client.end()
}

function measurePure(): void {
  const engine = new Engine()
  engine.applyBatch(opening, 0)
  next = 0
  const count = 400_000
  const commands = Array.from({ length: count }, command)
  const start = performance.now()
  for (let from = 0; from < count; from += 100) engine.applyBatch(commands.slice(from, from + 100), from)
  report('engine alone, batches of 100', count, performance.now() - start)
}

async function measureJournaled(url: string): Promise<void> {
  const { client } = await observedEngine(url)
  await client.submit(opening)
  next = 0
  for (let sent = 0; sent < WARM_UP; sent += 500) await client.submit(Array.from({ length: 500 }, command))
  for (const streams of [1, 16, 64, 512, 4_096]) await closedLoop(client, streams, 1)
  await closedLoop(client, 4, 500)
  for (const rate of [500, 5_000]) await openLoop(client, rate)
  await measureIdle()
  const { sequence } = await client.stateHash()
  await client.close()
  const start = performance.now()
  const again = await observedEngine(url, { projectedThrough: sequence })
  console.log(`restart from a snapshot of ${sequence} commands: ${(performance.now() - start).toFixed(0)} ms`)
  await again.client.close()
}

/** So many submitters, each waiting for its answer before it submits again. */
async function closedLoop(client: EngineClient, streams: number, size: number): Promise<void> {
  const latencies: number[] = []
  const start = performance.now()
  const end = start + CLOSED_LOOP_SECONDS * 1_000
  await Promise.all(
    Array.from({ length: streams }, async () => {
      while (performance.now() < end) {
        const sent = performance.now()
        await client.submit(Array.from({ length: size }, command))
        latencies.push(performance.now() - sent)
      }
    }),
  )
  report(`closed loop, ${streams} × ${size}`, latencies.length * size, performance.now() - start, latencies)
}

/** Commands at a fixed rate, whatever the answers take: latency counts from when a command was due. */
async function openLoop(client: EngineClient, rate: number): Promise<void> {
  const latencies: number[] = []
  const start = performance.now()
  const count = rate * OPEN_LOOP_SECONDS
  const answers: Promise<void>[] = []
  for (let sent = 0; sent < count; ) {
    const dueCount = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * rate))
    for (; sent < dueCount; sent++) {
      const due = start + (sent / rate) * 1_000
      answers.push(client.submit([command()]).then(() => void latencies.push(performance.now() - due)))
    }
    await sleep(1)
  }
  await Promise.all(answers)
  report(`open loop at ${rate}/s`, count, performance.now() - start, latencies)
}

async function measureIdle(): Promise<void> {
  await sleep(1_000)
  const before = process.cpuUsage()
  await sleep(IDLE_SECONDS * 1_000)
  const { user, system } = process.cpuUsage(before)
  console.log(`idle for ${IDLE_SECONDS} s: ${((user + system) / 1_000).toFixed(1)} ms of CPU`)
}

function report(name: string, commands: number, ms: number, latencies: number[] = []): void {
  const sorted = Float64Array.from(latencies).sort()
  const at = (quantile: number) => sorted[Math.floor(sorted.length * quantile)]?.toFixed(2)
  const tail = latencies.length ? `, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms` : ''
  console.log(`${name}: ${Math.round(commands / (ms / 1_000)).toLocaleString('en')}/s${tail}`)
}
