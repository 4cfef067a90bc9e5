import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { OutboxRelay } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import { openDatabase } from './database.ts'
import { MarketReader } from './features/index.ts'
import type { Resolvers } from './generated/graphql.ts'
import { InferenceEngine, InferenceMetrics, type ServedModel as LoadedModel } from './inference/index.ts'
import { BarStore, PatternObserver, PatternService, patternResolvers } from './patterns/index.ts'
import {
  DIRECTION_SIGNATURE,
  NewestForecasts,
  PREDICTION_RETENTION_MS,
  PredictionObserver,
  PredictionStore,
  Predictor,
  predictionResolvers,
} from './prediction/index.ts'
import {
  MODELS_DIRECTORY,
  openChampion,
  RegistryStore,
  registryResolvers,
  type ServedModel,
  versionLoader,
} from './registry/index.ts'
import { openRisk } from './risk/index.ts'
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
  /** Which reference market stands for a market without a past of its own, where risk is assessed. */
  readonly riskProxies?: ReadonlyMap<string, string>
}

/** Starts the analyst on a migrated database: registers the trained model, serves it, and forecasts every live market. */
export async function startAnya(ports: Ports, options: AnyaOptions): Promise<Subgraph> {
  await using starting = new AsyncDisposableStack()
  const { clock, cache } = ports
  const database = openDatabase(ports.databaseUrl)
  starting.defer(() => database.$disconnect())
  const relay = startRelay(ports, starting)
  const observer = new PredictionObserver(ports)
  const registry = new RegistryStore(database, clock)
  const model = await openChampion(registry, options.modelsDirectory ?? MODELS_DIRECTORY)
  const engine = new InferenceEngine({ observer: new InferenceMetrics(ports), log: ports.log })
  starting.defer(() => engine.close())
  const inference = await serve(engine, model)
  const newest = new NewestForecasts(cache, clock, options.symbols)
  starting.defer(() => newest.close())
  const readers = options.symbols.map((symbol) => new MarketReader(symbol, ports, observer))
  for (const reader of readers) starting.defer(() => reader.close())
  await Promise.all([newest.start(), ...readers.map((reader) => reader.start())])

  const store = new PredictionStore(database)
  const tickMs = options.tickMs ?? TICK_MS
  const onRecorded = () => relay.wake()
  const predictor = new Predictor({ ports, readers, inference, model, store, newest, observer, tickMs, onRecorded })
  const ticks = new Ticker(tickMs, clock, () => predictor.tick())
  starting.defer(() => ticks.close())
  const patterns = new PatternService({
    ports,
    symbols: options.symbols,
    store: new BarStore(database),
    observer: new PatternObserver(ports),
  })
  starting.defer(() => patterns.close())
  await patterns.start()
  const risk = openRisk(ports, {
    symbols: options.symbols,
    bars: new BarStore(database),
    ...(options.riskProxies ? { proxies: options.riskProxies } : {}),
  })
  starting.defer(() => risk.close())
  const pruning = new Ticker(PRUNE_INTERVAL_MS, clock, () => Promise.all([prune(store, ports), patterns.prune()]))
  starting.defer(() => pruning.close())

  const versions = versionLoader(registry)
  const resolvers = mergeResolvers([
    registryResolvers(registry, versions),
    predictionResolvers({ store, newest, versions, clock }),
    patternResolvers(patterns),
    risk.resolvers,
  ])
  const subgraph = await createSubgraph({
    name: 'anya',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers,
    ports,
    ready: async () => {
      await store.ping()
      if (!inference.isReady) throw new Error('the inference thread is being started')
    },
    onStop: () => running.disposeAsync(),
  })
  const running = starting.move()
  return subgraph
}

/** Throws where the model cannot be loaded. */
async function serve(engine: InferenceEngine, { name, version, onnx }: ServedModel): Promise<LoadedModel> {
  const loaded = await engine.load({ id: `${name} ${version}`, onnx, signature: DIRECTION_SIGNATURE })
  if (!loaded.ok) throw new Error(`${name} ${version} cannot be served: ${JSON.stringify(loaded.error)}`)
  return loaded.value
}

/** Each feature resolves its own fields of the types that several share. */
function mergeResolvers(features: readonly Resolvers[]): Resolvers {
  const merged: Record<string, object> = {}
  for (const feature of features)
    for (const [type, fields] of Object.entries(feature)) merged[type] = { ...merged[type], ...fields }
  return merged
}

function startRelay({ databaseUrl, transport, log }: Ports, starting: AsyncDisposableStack): OutboxRelay {
  const pool = new Pool(poolConfig(databaseUrl, { max: RELAY_CONNECTIONS }))
  starting.defer(() => pool.end())
  const relay = new OutboxRelay({ pool, transport, log })
  relay.start()
  starting.defer(() => relay.stop())
  return relay
}

async function prune(store: PredictionStore, { clock, log }: Ports): Promise<void> {
  try {
    await store.prune(clock.now() - PREDICTION_RETENTION_MS)
  } catch (error) {
    log.error({ err: error }, 'old forecasts could not be deleted')
  }
}
