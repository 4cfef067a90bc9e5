import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { OutboxRelay } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import { openDatabase } from './database.ts'
import { FEATURE_COUNT, MarketReader } from './features/index.ts'
import type { Resolvers } from './generated/graphql.ts'
import { InferenceEngine } from './inference/index.ts'
import {
  NewestForecasts,
  PREDICTION_RETENTION_MS,
  PredictionObserver,
  PredictionStore,
  Predictor,
  predictionResolvers,
} from './prediction/index.ts'
import { MODELS_DIRECTORY, openChampion, RegistryStore, registryResolvers, versionLoader } from './registry/index.ts'
import { Ticker } from './ticker.ts'

const TICK_MS = 1_000
const PRUNE_INTERVAL_MS = 60_000
/** One connection relays, one counts the backlog. */
const RELAY_CONNECTIONS = 2

export interface AnyaOptions {
  /** The markets to forecast. */
  readonly symbols: readonly string[]
  /** Holds `manifest.json` and the ONNX file that it names. */
  readonly modelsDirectory?: string
  /** Time between forecasts, in milliseconds. */
  readonly tickMs?: number
}

/** Starts the analyst on a migrated database: registers the trained model, serves it, and forecasts every live market. */
export async function startAnya(ports: Ports, options: AnyaOptions): Promise<Subgraph> {
  const { cache, clock } = ports
  const tickMs = options.tickMs ?? TICK_MS
  const database = openDatabase(ports.databaseUrl)
  const observer = new PredictionObserver(ports)
  const registry = new RegistryStore(database, clock)
  const model = await openChampion(registry, options.modelsDirectory ?? MODELS_DIRECTORY)
  const inference = new InferenceEngine(model.onnx, FEATURE_COUNT, observer, ports.log)
  await inference.start()
  const readers = options.symbols.map((symbol) => new MarketReader(symbol, ports, observer))
  const store = new PredictionStore(database)
  const newest = new NewestForecasts(cache, clock, options.symbols)
  await Promise.all([newest.start(), ...readers.map((reader) => reader.start())])
  const pool = new Pool(poolConfig(ports.databaseUrl, { max: RELAY_CONNECTIONS }))
  pool.on('error', (error) => ports.log.warn({ err: error }, 'a database connection was lost'))
  const relay = new OutboxRelay({ pool, transport: ports.transport, log: ports.log })
  relay.start()
  const onRecorded = () => relay.wake()
  const predictor = new Predictor({ ports, readers, inference, model, store, newest, observer, tickMs, onRecorded })
  const tickers = [
    new Ticker(tickMs, clock, () => predictor.tick()),
    new Ticker(PRUNE_INTERVAL_MS, clock, () => prune(store, ports)),
  ]
  const versions = versionLoader(registry)
  const resolvers: Resolvers = {
    ...registryResolvers(registry, versions),
    ...predictionResolvers({ store, newest, versions, clock }),
  }
  return createSubgraph({
    name: 'anya',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers,
    ports,
    ready: async () => {
      await store.ping()
      if (!inference.isReady) throw new Error('the inference thread is being started')
    },
    onStop: async () => {
      await Promise.all(tickers.map((ticker) => ticker.close()))
      await Promise.all([newest.close(), ...readers.map((reader) => reader.close())])
      await inference.close()
      await relay.stop()
      await pool.end()
      await database.$disconnect()
    },
  })
}

async function prune(store: PredictionStore, { clock, log }: Ports): Promise<void> {
  try {
    await store.prune(clock.now() - PREDICTION_RETENTION_MS)
  } catch (error) {
    log.error({ err: error }, 'old forecasts could not be deleted')
  }
}
