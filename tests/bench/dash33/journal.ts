// The engine on its journal: how many commands a second it answers durably and how soon, and how fast it recovers, beside the bare commit.
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, migrate, poolConfig, prepareDatabase, startPostgres } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Client } from 'pg'
import { hashState, writeState } from '../../../subgraphs/dash33/src/engine/canonical.ts'
import type { EngineClient } from '../../../subgraphs/dash33/src/engine/client.ts'
import type { Command } from '../../../subgraphs/dash33/src/engine/commands.ts'
import { Engine } from '../../../subgraphs/dash33/src/engine/engine.ts'
import { JournalReader } from '../../../subgraphs/dash33/src/engine/journal/reader.ts'
import { catchUp } from '../../../subgraphs/dash33/src/engine/journal/recovery.ts'
import { GENESIS_HASH } from '../../../subgraphs/dash33/src/engine/journal/rows.ts'
import type { StateHash } from '../../../subgraphs/dash33/src/engine/thread/protocol.ts'
import { nthOrder, observedEngine, unlimited } from '../../support/engine.ts'

const ACCOUNTS = 64
/** Orders that rest before they are cancelled, as a market maker's do. */
const RESTING = 2_000
const COMMITS = 2_000
/** Largest submission of the open loop; each takes 1 to so many commands. */
const LARGEST_SUBMISSION = 10
const OPEN_LOOP_SECONDS = 5
const CLOSED_LOOP_SECONDS = 3
const RATES = [10_000, 50_000, 100_000, 150_000]
const STREAMS = [1, 64, 512, 4_096]
/** The loop looks this often for what is due: a client's socket is not read more often either. */
const TURN_MS = 0.2
const SPARE_RATE = 1.02
const PURE_COMMANDS = 400_000

export interface JournalFigure {
  readonly what: string
  readonly perSecond: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly p999Ms: number | null
  /** Of the machine, over a minute, as it ended. */
  readonly load: number
}

/** Measures all of it on a PostgreSQL of its own, fsync on. */
export async function measureJournal(): Promise<JournalFigure[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-bench-'))
  const server = await startPostgres({ directory })
  try {
    const { dash33: url } = await prepareDatabase(server.adminUrl)
    await migrate('dash33', url)
    const floor = await measureCommits(url)
    return [floor, measurePure(), ...(await measureEngine(url)), await measureCommits(url)]
  } finally {
    await server.stop()
    for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
  }
}

/** Orders and cancels in turn, each cancel of an older order, which may have traded away. */
class CommandStream {
  #next = 0

  opening(): Command[] {
    const accounts = Array.from({ length: ACCOUNTS }, (_, i) => accountOf(i)).flatMap((accountId): Command[] => [
      { kind: 'OPEN_ACCOUNT', accountId, userId: `usr_${accountId}` },
      { kind: 'CREDIT', accountId, asset: 'USDT', amount: 10_000_000_000_000, reference: `${accountId} USDT` },
      { kind: 'CREDIT', accountId, asset: 'BTC', amount: 10_000_000_000, reference: `${accountId} BTC` },
    ])
    return [unlimited, ...accounts]
  }

  next(): Command {
    const n = this.#next++
    const placed = Math.ceil(n / 2)
    if (n % 2 === 0 || placed < RESTING) return { ...nthOrder(placed), accountId: accountOf(placed) }
    const older = placed - RESTING
    return { kind: 'CANCEL', accountId: accountOf(older), clientOrderId: nthOrder(older).clientOrderId }
  }

  take(count: number): Command[] {
    return Array.from({ length: count }, () => this.next())
  }
}

const accountOf = (n: number) => `acc_bench${String(n % ACCOUNTS).padStart(2, '0')}`

/** What the database alone takes for one small row: the floor under every answer. */
async function measureCommits(url: string): Promise<JournalFigure> {
  const client = new Client(poolConfig(url))
  await client.connect()
  await client.query('CREATE TABLE IF NOT EXISTS bare_commit (n serial PRIMARY KEY, payload bytea)')
  const payload = Buffer.alloc(100)
  const latencies: number[] = []
  const begun = performance.now()
  for (let n = 0; n < COMMITS; n++) {
    const sent = performance.now()
    await client.query({ name: 'bare', text: 'INSERT INTO bare_commit (payload) VALUES ($1)', values: [payload] })
    latencies.push(performance.now() - sent)
  }
  await client.end()
  return figure('one bare INSERT, committed, at a time', COMMITS, performance.now() - begun, latencies)
}

function measurePure(): JournalFigure {
  const stream = new CommandStream()
  const engine = new Engine()
  engine.applyBatch(stream.opening(), 0)
  const batches = Array.from({ length: PURE_COMMANDS / 100 }, () => stream.take(100))
  const begun = performance.now()
  for (const [i, batch] of batches.entries()) engine.applyBatch(batch, i)
  return figure('the engine alone, batches of 100', PURE_COMMANDS, performance.now() - begun)
}

async function measureEngine(url: string): Promise<JournalFigure[]> {
  const stream = new CommandStream()
  // What it handed out is not kept: a bench that fills its own memory measures that.
  let client: EngineClient | null = null
  const observed = await observedEngine(url, {
    keep: 'ALL',
    onBatch: (batch) => client?.projected(batch.lastSequence),
  })
  client = observed.client
  await client.submit(stream.opening())
  for (let sent = 0; sent < 40_000; sent += 500) await client.submit(stream.take(500))
  const figures: JournalFigure[] = []
  for (const streams of STREAMS) figures.push(await closedLoop(client, stream, streams))
  for (const rate of RATES) figures.push(await openLoop(client, stream, rate))
  const state = await client.stateHash()
  figures.push(await measureRecovery(url, state.hash))
  await client.close()
  figures.push(await measureStart(url, state))
  return figures
}

/** So many clients, each waiting for its answer before it submits its next command. */
async function closedLoop(client: EngineClient, stream: CommandStream, clients: number): Promise<JournalFigure> {
  const latencies: number[] = []
  const begun = performance.now()
  const end = begun + CLOSED_LOOP_SECONDS * 1_000
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        const sent = performance.now()
        await client.submit([stream.next()])
        latencies.push(performance.now() - sent)
      }
    }),
  )
  return figure(`closed loop, ${clients} clients`, latencies.length, performance.now() - begun, latencies)
}

/**
 * Commands at a fixed rate, whatever the answers take: latency counts from when a command was due, so that a stall shows in everything
 * that came due meanwhile. The commands are made beforehand: whoever sends them is another machine.
 */
async function openLoop(client: EngineClient, stream: CommandStream, rate: number): Promise<JournalFigure> {
  const random = seededRandom(rate)
  const total = rate * OPEN_LOOP_SECONDS
  const submissions: Command[][] = []
  for (let made = 0; made < total * SPARE_RATE; ) {
    const size = Math.min(1 + Math.floor(random.next() * LARGEST_SUBMISSION), total)
    submissions.push(stream.take(size))
    made += size
  }
  const latencies: number[] = []
  const answers: Promise<void>[] = []
  let refused = 0
  let sent = 0
  let next = 0
  const begun = performance.now()
  for (let turn = begun; sent < total; ) {
    const now = performance.now()
    if (now - turn >= TURN_MS) {
      turn = now
      const due = Math.min(total, ((now - begun) / 1_000) * rate)
      while (sent < due) {
        const commands = submissions[next++]!
        const dueAt = begun + (sent / rate) * 1_000
        sent += commands.length
        answers.push(
          client.submit(commands).then((acks) => {
            const latency = performance.now() - dueAt
            for (const ack of acks) {
              if (ack.kind === 'REFUSED' && ack.code === 'ENGINE_UNAVAILABLE') refused++
              latencies.push(latency)
            }
          }),
        )
      }
    }
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await Promise.all(answers)
  const elapsed = performance.now() - begun
  const lost = refused > 0 ? `, ${refused} refused` : ''
  return figure(
    `open loop at ${rate}/s, 1–${LARGEST_SUBMISSION} a submission${lost}`,
    sent - refused,
    elapsed,
    latencies,
  )
}

/** The whole journal from the beginning, proved row by row, as after a crash that the projections have seen all of. @throws where it leads to another state */
async function measureRecovery(url: string, expected: string): Promise<JournalFigure> {
  const connection = new Client(poolConfig(url))
  await connection.connect()
  const begun = performance.now()
  const engine = new Engine()
  const nobody = () => undefined
  const journal = new JournalReader(connection, poolConfig(url))
  await catchUp(journal, engine, GENESIS_HASH, nobody, Number.MAX_SAFE_INTEGER)
  const elapsed = performance.now() - begun
  await connection.end()
  if (hashState(writeState(engine.state)) !== expected) throw new Error('the journal led to another state')
  const { sequence } = engine.state
  return figure(`recovery of ${sequence} commands, equal hash`, sequence, elapsed)
}

/** The same as `npm start` does it where no snapshot is left: in the engine's own thread, which begins cold, until it takes commands. */
async function measureStart(url: string, { sequence, hash }: StateHash): Promise<JournalFigure> {
  const connection = new Client(poolConfig(url))
  await connection.connect()
  await connection.query('TRUNCATE engine_snapshot')
  await connection.end()
  const begun = performance.now()
  const { client } = await observedEngine(url, { keep: 'ALL', projectedThrough: sequence })
  const elapsed = performance.now() - begun
  const started = await client.stateHash()
  await client.close()
  if (started.hash !== hash) throw new Error('the engine started with another state')
  return figure(`start of an engine from ${sequence} commands, equal hash`, sequence, elapsed)
}

function figure(what: string, count: number, elapsedMs: number, latencies: readonly number[] = []): JournalFigure {
  const sorted = Float64Array.from(latencies).sort()
  const at = (quantile: number) => sorted[Math.floor(sorted.length * quantile)] ?? null
  return {
    what,
    perSecond: count / (elapsedMs / 1_000),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    load: loadavg()[0] ?? Number.NaN,
  }
}
