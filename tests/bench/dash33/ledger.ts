// The ledger and all projections on a PostgreSQL of their own: how many trades a second they take, beside the floor of raw inserts.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, migrate, poolConfig, prepareDatabase, startPostgres } from '@opsource/database'
import { type ClientBase, Pool } from 'pg'
import type { AccountNumbers } from '../../../subgraphs/dash33/src/accounts/account-numbers.ts'
import { int2s, int4s, int8s, texts } from '../../../subgraphs/dash33/src/columns.ts'
import { inTransaction } from '../../../subgraphs/dash33/src/database.ts'
import type { EngineBatch } from '../../../subgraphs/dash33/src/engine/events.ts'
import { foldLedger } from '../../../subgraphs/dash33/src/ledger/changes.ts'
import { writeLedger } from '../../../subgraphs/dash33/src/ledger/projection.ts'
import { PROJECTIONS } from '../../../subgraphs/dash33/src/projections/catalogue.ts'
import { WriterMemory } from '../../../subgraphs/dash33/src/projections/memory.ts'
import { projectionWriter } from '../../../subgraphs/dash33/src/projections/store.ts'
import { moveWatermarks } from '../../../subgraphs/dash33/src/projections/watermarks.ts'
import { allDone, Statements } from '../../../subgraphs/dash33/src/statements.ts'
import { TradingBatches } from './trading-batches.ts'

const ACCOUNTS = 10_000
const TRADES_PER_BATCH = 500
const BATCHES = 40
/** Until nearly every balance has been touched once: a writer that has just started asks whether they are there. */
const WARM_UP = 30
/** They are measured in turn, so that whatever else the machine does weighs on all of them. */
const ROUNDS = 2

/** The floor: the same entries into a table with nothing but its key. */
const RAW_TABLE = `
  CREATE TABLE raw_entry (engine_sequence bigint, posting int, leg smallint, account_no int, asset text, amount numeric(38, 0),
    PRIMARY KEY (engine_sequence, posting, leg))`
const RAW_INSERT = `
  INSERT INTO raw_entry SELECT * FROM unnest($1::bigint[], $2::int[], $3::smallint[], $4::int[], $5::text[], $6::bigint[])`

/** The peer: a double entry of postings and balances alone, in one function of the database: unbalanced postings and overdrafts are refused. */
const PEER = `
  CREATE TABLE peer_posting (id text PRIMARY KEY);
  CREATE TABLE peer_balance (account int, asset text, balance numeric(38, 0) NOT NULL DEFAULT 0, CHECK (account <= 2 OR balance >= 0),
    PRIMARY KEY (account, asset)) WITH (fillfactor = 70);
  CREATE TABLE peer_entry (posting text, leg smallint, account int NOT NULL, asset text NOT NULL,
    amount numeric(38, 0) NOT NULL CHECK (amount <> 0), PRIMARY KEY (posting, leg));
  INSERT INTO peer_balance SELECT account_no, asset, total FROM balance;
  CREATE FUNCTION peer_post(postings text[], legs smallint[], accounts int[], assets text[], amounts numeric[]) RETURNS void
  LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM unnest(postings, assets, amounts) AS u (p, s, m) GROUP BY p, s HAVING sum(m) <> 0) THEN
      RAISE EXCEPTION 'unbalanced';
    END IF;
    INSERT INTO peer_posting SELECT DISTINCT p FROM unnest(postings) p;
    INSERT INTO peer_entry SELECT * FROM unnest(postings, legs, accounts, assets, amounts);
    UPDATE peer_balance b SET balance = b.balance + d.m
    FROM (SELECT a, s, sum(m) AS m FROM unnest(accounts, assets, amounts) AS u (a, s, m) GROUP BY a, s ORDER BY a, s) d
    WHERE b.account = d.a AND b.asset = d.s;
  END $$;`

export interface LedgerFigure {
  readonly what: string
  readonly tradesPerSecond: number
  readonly entriesPerSecond: number
  /** Of one transaction of `TRADES_PER_BATCH` trades. */
  readonly p50Ms: number
  readonly p99Ms: number
}

/** @returns the floor, a peer, the ledger with every invariant on, and all projections with their events. */
export async function measureLedger(): Promise<LedgerFigure[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-bench-'))
  const server = await startPostgres({ directory })
  const pools: Pool[] = []
  try {
    const { dash33: url } = await prepareDatabase(server.adminUrl)
    await migrate('dash33', url)
    const pool = new Pool(poolConfig(url))
    pools.push(pool)
    return await measure(pool)
  } finally {
    for (const pool of pools) await pool.end()
    await server.stop()
    for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
  }
}

async function measure(pool: Pool): Promise<LedgerFigure[]> {
  const market = new TradingBatches(ACCOUNTS)
  const memory = new WriterMemory()
  const { numbers } = memory
  await pool.query(RAW_TABLE)
  let project = projectionWriter(pool)
  let watermark = 0
  const all = async (batch: EngineBatch) => {
    await project([batch], watermark)
    watermark = batch.lastSequence
  }
  const ledger = (batch: EngineBatch) =>
    inTransaction(pool, (client) => writeLedger(new Statements(client), foldLedger([batch]), numbers))
  const raw = (batch: EngineBatch) => inTransaction(pool, (client) => insertRaw(client, batch, numbers))
  const others = async (batch: EngineBatch) => {
    const writes = PROJECTIONS.filter(({ name }) => name !== 'ledger').map(({ fold }) => fold([batch]))
    await inTransaction(pool, async (client) => {
      const statements = new Statements(client)
      await allDone(writes.map((write) => write(statements, memory)))
      await moveWatermarks(client, batch.lastSequence, batch.time)
    })
    watermark = batch.lastSequence
  }
  await all(market.opening())
  await all(market.next(TRADES_PER_BATCH))
  await pool.query(PEER)
  const peer = (batch: EngineBatch) => inTransaction(pool, (client) => postPeer(client, batch, numbers))
  const floor: number[] = []
  const double: number[] = []
  const books: number[] = []
  const everything: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    // Another writer has written since.
    memory.forget()
    for (let n = 0; n < WARM_UP + BATCHES; n++) {
      const batch = market.next(TRADES_PER_BATCH)
      const ledgerMs = await timed(() => ledger(batch))
      const rawMs = await timed(() => raw(batch))
      const peerMs = await timed(() => peer(batch))
      await others(batch)
      if (n < WARM_UP) continue
      books.push(ledgerMs)
      floor.push(rawMs)
      double.push(peerMs)
    }
    project = projectionWriter(pool)
    for (let n = 0; n < WARM_UP + BATCHES; n++) {
      const batch = market.next(TRADES_PER_BATCH)
      const allMs = await timed(() => all(batch))
      if (n >= WARM_UP) everything.push(allMs)
    }
  }
  return [
    figure('raw inserts of the same entries', floor),
    figure('peer: postings and balances in one plpgsql function', double),
    figure('ledger: entries, zero sums, holds, balances', books),
    figure('all projections, with their events', everything),
  ]
}

/** @returns milliseconds. */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function insertRaw(client: ClientBase, batch: EngineBatch, numbers: AccountNumbers): Promise<void> {
  const { entries } = foldLedger([batch])
  await client.query({
    name: 'raw',
    text: RAW_INSERT,
    values: [
      int8s(entries.map(({ engineSequence }) => engineSequence)),
      int4s(entries.map(({ posting }) => posting)),
      int2s(entries.map(({ leg }) => leg)),
      int4s(entries.map(({ accountId }) => numbers.of(accountId))),
      texts(entries.map(({ asset }) => asset)),
      int8s(entries.map(({ amount }) => amount)),
    ],
  })
}

async function postPeer(client: ClientBase, batch: EngineBatch, numbers: AccountNumbers): Promise<void> {
  const { entries } = foldLedger([batch])
  await client.query({
    name: 'peer',
    text: 'SELECT peer_post($1, $2, $3, $4, $5)',
    values: [
      entries.map(({ engineSequence, posting }) => `${engineSequence} ${posting}`),
      entries.map(({ leg }) => leg),
      entries.map(({ accountId }) => numbers.of(accountId)),
      entries.map(({ asset }) => asset),
      entries.map(({ amount }) => amount),
    ],
  })
}

function figure(what: string, taken: number[]): LedgerFigure {
  const sorted = taken.toSorted((a, b) => a - b)
  const seconds = taken.reduce((sum, ms) => sum + ms, 0) / 1_000
  const tradesPerSecond = Math.round((taken.length * TRADES_PER_BATCH) / seconds)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  return { what, tradesPerSecond, entriesPerSecond: tradesPerSecond * 6, p50Ms: at(0.5), p99Ms: at(0.99) }
}
