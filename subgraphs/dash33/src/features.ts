import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { consume, eventConsumers, OutboxRelay } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { AccountOpener, Openings, ReadYourWrites } from './accounts/index.ts'
import { openDatabase } from './database.ts'
import {
  type EngineClient,
  type EngineOptions,
  type JournalKeep,
  type StandbyEngine,
  startEngine,
} from './engine/client.ts'
import { INSTRUMENTS } from './market/index.ts'
import { openMarketStreams } from './market-streams.ts'
import { OrderFlowPublisher } from './order-flow/index.ts'
import { OrderStreams, openOrderServices } from './order-services.ts'
import { observeEngine } from './orders/index.ts'
import { openPortfolioServices } from './portfolio-services.ts'
import { catchUpProjections, Projector, projectionMetrics, Retention, ThreadedWriter } from './projections/index.ts'
import { dash33Resolvers } from './resolvers.ts'
import { retentionRules } from './retention-rules.ts'
import { StrategyTrader, strategyMetrics } from './strategies/index.ts'

/** A running exchange, with what a drill may ask of it beside the graph. */
export interface Dash33 extends Subgraph {
  /** SHA-256 of the engine's state, equal wherever the same commands were applied. */
  stateHash(): Promise<{ readonly sequence: number; readonly hash: string }>
  /** Resolves once every projection contains the engine's command of that sequence. */
  projected(engineSequence: number): Promise<void>
}

export interface Dash33Options {
  /** What of the engine's journal stays; `ALL` unless it says otherwise. */
  readonly journal?: JournalKeep
  /** An engine that followed another one and now leads; without it one is started from the journal. */
  readonly standby?: StandbyEngine
  /** Another engine has taken over: this process had better end. */
  readonly onFenced?: (reason: string) => void
}

/** Starts the exchange on a migrated database: replays the engine's journal, catches the projections up, opens the markets' streams. */
export async function startDash33(ports: Ports, options: Dash33Options = {}): Promise<Dash33> {
  // Whatever fails on the way up, and whatever ends it later, lets go of everything in reverse.
  const stack = new AsyncDisposableStack()
  try {
    return await start(ports, options, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

async function start(ports: Ports, options: Dash33Options, stack: AsyncDisposableStack): Promise<Dash33> {
  const log = ports.log.child({ domain: 'dash33' })
  const { pool, reads, prisma, ...database } = openDatabase(ports.databaseUrl, log)
  stack.defer(() => database.close())
  const relay = new OutboxRelay({ pool, transport: ports.transport, log })
  stack.defer(() => relay.stop())
  const { engine, projector, orderStreams } = await startTrading(ports, options, { pool, reads, log, relay, stack })
  const streams = await openMarketStreams({
    engine,
    pool,
    ports,
    log,
    symbols: INSTRUMENTS.map(({ symbol }) => symbol),
  })
  stack.defer(() => streams.close())
  const orderFlow = new OrderFlowPublisher({ ...ports, log, instruments: INSTRUMENTS })
  // After the turn in which traders are answered and readers told: in one process surveillance reads it at once.
  stack.defer(engine.onBatch((batch) => void setImmediate(() => orderFlow.take(batch))))

  const observed = observeEngine(engine, ports.metrics)
  const openings = new Openings()
  const writes = new ReadYourWrites(projector)
  const projected = (engineSequence: number) => projector.reached(engineSequence)
  const submission = { engine: observed, openings, writes }
  const orders = openOrderServices({ ...submission, streams: orderStreams, pool: reads, ports, log })
  stack.defer(() => orders.close())
  const { close: closePortfolios, ...portfolio } = await openPortfolioServices({
    engine,
    ...streams,
    writes,
    pool,
    reads,
    ports,
    log,
  })
  stack.defer(() => closePortfolios())
  const strategies = new StrategyTrader({
    engine: observed,
    onBatch: (listener) => engine.onBatch(listener),
    recorded: async (symbol) => {
      const { engineSequence } = await engine.book(symbol)
      await writes.contains(engineSequence)
      if (writes.watermark < engineSequence) throw new Error('the record lags behind the engine')
    },
    feeds: streams.feeds,
    transport: ports.transport,
    prisma,
    pool,
    clock: ports.clock,
    log,
    metrics: strategyMetrics(ports.metrics),
    wrote: (accountId, sequence) => writes.wrote(accountId, sequence),
  })
  const opener = new AccountOpener({ engine: observed, openings, pool, log })
  const retention = new Retention(retentionRules(pool, ports.clock), log)
  stack.defer(() => opener.stop())
  stack.defer(() => retention.stop())
  relay.start()
  opener.start()
  retention.start()
  await strategies.start()
  stack.defer(() => strategies.stop())
  const registrations = await consume({
    pool,
    transport: ports.transport,
    consumer: 'dash33',
    types: eventConsumers.dash33,
    clock: ports.clock,
    log,
    handle: async (events, client) => {
      const registered = events.filter((event) => event.type === 'user.registered')
      if (registered.length > 0) await opener.register(registered, client)
      await strategies.heed(
        events.filter((event) => event.type === 'user.changed'),
        client,
      )
    },
  })
  stack.defer(() => registrations.close())
  const subgraph = await createSubgraph({
    name: 'dash33',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers: dash33Resolvers({
      ...streams,
      engine: observed,
      prisma,
      pool: reads,
      ...orders,
      ...portfolio,
      strategies,
      ids: ports.ids,
      clock: ports.clock,
      writes,
      projector,
    }),
    ports,
    ready: async () => {
      await engine.ready()
      projector.assertRunning()
    },
    onStop: () => stack.disposeAsync(),
  })
  return {
    ...subgraph,
    stop: () => {
      orders.guards.suspend()
      return subgraph.stop()
    },
    stateHash: () => engine.stateHash(),
    projected,
  }
}

/** The engine and, behind it, the projections of what it did: caught up when this resolves. */
async function startTrading(
  ports: Ports,
  { journal = 'ALL', standby, onFenced }: Dash33Options,
  {
    pool,
    reads,
    log,
    relay,
    stack,
  }: { pool: Pool; reads: Pool; log: Logger; relay: OutboxRelay; stack: AsyncDisposableStack },
): Promise<{ engine: EngineClient; projector: Projector; orderStreams: OrderStreams }> {
  const metrics = projectionMetrics(ports.metrics)
  let engine: EngineClient | undefined
  const { databaseUrl } = ports
  const writer = new ThreadedWriter(poolConfig(databaseUrl))
  stack.defer(() => writer.close())
  const projector = new Projector({
    watermark: await catchUpProjections({ pool, databaseUrl, write: writer.write, leads: standby !== undefined }),
    write: writer.write,
    // The engine may forget what nobody else can.
    onDurable: (sequence) => engine?.projected(sequence),
    onProjected: (sequence) => {
      orderStreams.projected(sequence)
      relay.wake()
    },
    log,
    metrics,
  })
  stack.defer(() => projector.close())
  const orderStreams = new OrderStreams({
    pool: reads,
    sequence: projector.watermark,
    reached: (sequence) => projector.reached(sequence),
    clock: ports.clock,
  })
  const engineOptions: EngineOptions = {
    databaseUrl,
    keep: journal,
    clock: ports.clock,
    random: ports.random,
    log,
    projectedThrough: projector.watermark,
    onBatch: (batch) => {
      metrics.count(batch)
      projector.take(batch)
      orderStreams.take(batch)
    },
    ...(onFenced ? { onFenced } : {}),
  }
  const running = await (standby ? standby.start(engineOptions) : startEngine(engineOptions))
  engine = running
  stack.defer(() => running.close())
  await projector.caughtUp()
  running.projected(projector.durable)
  return { engine: running, projector, orderStreams }
}
