import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { consume, eventConsumers, OutboxRelay } from '@opsource/bus'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { AccountOpener, Openings, ReadYourWrites } from './accounts/index.ts'
import { openDatabase } from './database.ts'
import { type EngineClient, startEngine } from './engine/client.ts'
import { INSTRUMENTS } from './market/index.ts'
import { openMarketStreams } from './market-streams.ts'
import { OrderDesk } from './orders/index.ts'
import { OrderRetention, Projector, projectionMetrics, projectionWriter, readWatermark } from './projections/index.ts'
import { dash33Resolvers } from './resolvers.ts'

/** A running exchange, with what a drill may ask of it beside the graph. */
export interface Dash33 extends Subgraph {
  /** SHA-256 of the engine's state, equal wherever the same commands were applied. */
  stateHash(): Promise<{ readonly sequence: number; readonly hash: string }>
  /** Resolves once every projection contains the engine's command of that sequence. */
  projected(engineSequence: number): Promise<void>
}

/** Starts the exchange on a migrated database: replays the engine's journal, catches the projections up, opens the markets' streams. */
export async function startDash33(ports: Ports): Promise<Dash33> {
  const log = ports.log.child({ domain: 'dash33' })
  const database = openDatabase(ports.databaseUrl, (error) =>
    log.warn({ err: error }, 'a database connection was lost'),
  )
  const { pool, prisma } = database
  const metrics = projectionMetrics(ports.metrics)
  const relay = new OutboxRelay({ pool, transport: ports.transport, log })
  let engine: EngineClient | undefined
  const projector = new Projector({
    watermark: await readWatermark(pool),
    write: projectionWriter(pool),
    onProjected: (sequence) => {
      engine?.projected(sequence)
      relay.wake()
    },
    log,
    metrics,
  })
  const running = await startEngine({
    databaseUrl: ports.databaseUrl,
    clock: ports.clock,
    log,
    projectedThrough: projector.watermark,
    onBatch: (batch) => {
      metrics.count(batch)
      projector.take(batch)
    },
  })
  engine = running
  await projector.caughtUp()
  running.projected(projector.watermark)
  const symbols = INSTRUMENTS.map(({ symbol }) => symbol)
  const streams = await openMarketStreams({ engine: running, pool, ports, log, symbols })

  const openings = new Openings()
  const writes = new ReadYourWrites(projector)
  const desk = new OrderDesk(running, openings, (accountId, sequence) => writes.wrote(accountId, sequence))
  const opener = new AccountOpener({ engine: running, openings, pool, log })
  const retention = new OrderRetention(pool, ports.clock, log)
  relay.start()
  opener.start()
  retention.start()
  const registrations = await consume({
    pool,
    transport: ports.transport,
    consumer: 'dash33',
    types: eventConsumers.dash33,
    clock: ports.clock,
    log,
    handle: (events, client) => opener.register(events, client),
  })
  const subgraph = await createSubgraph({
    name: 'dash33',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers: dash33Resolvers({ ...streams, engine: running, prisma, pool, desk, writes }),
    ports,
    ready: async () => {
      await running.ready()
      projector.assertRunning()
    },
    onStop: async () => {
      await registrations.close()
      await opener.stop()
      await retention.stop()
      await running.close()
      await projector.close()
      await streams.close()
      await relay.stop()
      await database.close()
    },
  })
  return {
    ...subgraph,
    stateHash: () => running.stateHash(),
    projected: (engineSequence) => projector.reached(engineSequence),
  }
}
