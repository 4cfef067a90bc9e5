import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { OutboxRelay } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import { admissionResolvers, ModelAdmission } from './admission/index.ts'
import { openAnomalies } from './anomaly/index.ts'
import { DatabaseConnections, openDatabase } from './database.ts'
import { FeatureObserver, FeatureStore, featureStoreResolvers } from './feature-store/index.ts'
import { LiveRows, MarketReader } from './features/index.ts'
import type { Resolvers } from './generated/graphql.ts'
import { HOURLY_LINES, HourlyService, hourlyResolvers, hourlyServedLine } from './hourly/index.ts'
import { InferenceEngine, InferenceMetrics } from './inference/index.ts'
import { BarStore, PatternObserver, PatternService, patternResolvers } from './patterns/index.ts'
import {
  DIRECTION_MODEL,
  directionLine,
  Explanations,
  NewestForecasts,
  PredictionObserver,
  PredictionStore,
  Predictor,
  predictionResolvers,
  recordResolvers,
  Shadow,
} from './prediction/index.ts'
import {
  MODELS_DIRECTORY,
  ModelRegistry,
  openLine,
  RetentionStore,
  registryResolvers,
  ServedVersions,
  ServingObserver,
  versionLoader,
} from './registry/index.ts'
import { openRisk } from './risk/index.ts'
import { Ticker } from './ticker.ts'
import { openTraining } from './training/index.ts'

const TICK_MS = 1_000
const PRUNE_INTERVAL_MS = 60_000
/** One connection relays, one counts the backlog. */
const RELAY_CONNECTIONS = 2
/** How long a stop waits for a database that says nothing. */
const STOP_PATIENCE_MS = 5_000

export interface AnyaOptions {
  /** The markets to forecast. */
  readonly symbols: readonly string[]
  /** Holds `manifest.json` and the ONNX file that it names. */
  readonly modelsDirectory?: string
  /** Where files are kept that outlive the process; without it none are. */
  readonly dataDirectory?: string
  /** Time between forecasts, in milliseconds. */
  readonly tickMs?: number
  /** Versions of each line of models whose files are kept; 100 unless told. */
  readonly keptVersions?: number
  /** How long a training may run, in milliseconds; two hours unless told. */
  readonly maxTrainingMs?: number
  /** Which reference market stands for a market without a past of its own, where risk is assessed. */
  readonly riskProxies?: ReadonlyMap<string, string>
}

/** Starts the analyst on a migrated database: registers the trained model, serves it, and forecasts every live market. */
export async function startAnya(ports: Ports, options: AnyaOptions): Promise<Subgraph> {
  await using starting = new AsyncDisposableStack()
  const { clock, cache } = ports
  const connections = new DatabaseConnections()
  const database = openDatabase(ports.databaseUrl, connections.limits)
  starting.defer(() => database.$disconnect())
  const relay = startRelay(ports, connections, starting)
  const observer = new PredictionObserver(ports)
  const tickMs = options.tickMs ?? TICK_MS
  const liveRows = new LiveRows()
  const engine = new InferenceEngine({
    observer: new InferenceMetrics(ports),
    log: ports.log,
    onUnstable: (id, crashes) => serving.retreat(id, `lost its thread ${crashes} times within a minute`),
  })
  starting.defer(() => engine.close())
  const direction = directionLine(tickMs, () => liveRows.byFeature())
  const hours = HOURLY_LINES.map((line) => [line.modelName, hourlyServedLine(line)] as const)
  const served = new Map([[DIRECTION_MODEL, direction], ...hours])
  const registry = new ModelRegistry({ database, clock, engine, cache, served, onMoved: () => relay.wake() })
  const line = await openLine(registry, options.modelsDirectory ?? MODELS_DIRECTORY)
  const servingObserver = new ServingObserver(ports)
  const retention = new RetentionStore(database, clock, options.keptVersions)
  const serving = new ServedVersions({ registry, engine, ports, observer: servingObserver, ...line })
  starting.defer(() => serving.close())
  await serving.start()
  const newest = new NewestForecasts(cache, clock, options.symbols)
  starting.defer(() => newest.close())
  const features = new FeatureStore({
    ports,
    symbols: options.symbols,
    bars: new BarStore(database),
    observer: new FeatureObserver(ports),
    folder: options.dataDirectory ? path.join(options.dataDirectory, 'features') : null,
  })
  starting.defer(() => features.close())
  await features.start()
  const readers = options.symbols.map((symbol) => new MarketReader(symbol, ports, observer, features.book(symbol)))
  for (const reader of readers) starting.defer(() => reader.close())
  await Promise.all([newest.start(), ...readers.map((reader) => reader.start())])

  const store = new PredictionStore(database)
  const shadow = new Shadow({
    challenger: () => serving.challenger(),
    store: registry.shadows,
    observer,
    log: ports.log,
  })
  starting.defer(() => shadow.close())
  const predictor = new Predictor({
    ports,
    readers,
    champion: () => serving.champion(),
    store,
    newest,
    observer,
    tickMs,
    onRecorded: () => relay.wake(),
    onForecast: (observations) => {
      for (const { row } of observations) liveRows.add(row)
      shadow.take(observations)
    },
  })
  const ticks = new Ticker(tickMs, clock, () => predictor.tick())
  starting.defer(() => ticks.close())
  const hourly = new HourlyService({
    ports,
    registry,
    engine,
    symbols: options.symbols,
    bars: new BarStore(database),
    recordingOf: (symbol) => readers.find((reader) => reader.symbol === symbol)?.recording ?? null,
    store,
    newest,
    observer,
    onRecorded: () => relay.wake(),
  })
  starting.defer(() => hourly.close())
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
  const anomalies = await openAnomalies(ports, {
    database,
    symbols: options.symbols,
    onRecorded: () => relay.wake(),
  })
  starting.defer(() => anomalies.close())
  const pruning = new Ticker(PRUNE_INTERVAL_MS, clock, () =>
    Promise.all([
      anomalies.prune(),
      prune(store, ports),
      patterns.prune(),
      retention.prune().catch((error: unknown) => servingObserver.faltered(error, 'old versions could not be let go')),
    ]),
  )
  starting.defer(() => pruning.close())

  const versions = versionLoader(registry.store)
  const training = await openTraining({
    ports,
    database,
    versions,
    directory: options.dataDirectory ?? null,
    connections: connections.limits,
    ...(options.maxTrainingMs ? { maxTrainingMs: options.maxTrainingMs } : {}),
    register: async ({ onnx, manifest, registration }, { requestedBy, id }) => {
      const by = { by: requestedBy, reason: `trained as ${id}` }
      return (await registry.store.register(onnx, manifest, { ...registration, ...by })).version
    },
  })
  starting.defer(() => training.close())

  const explanations = new Explanations(registry.store)
  starting.defer(() => explanations.close())
  const resolvers = mergeResolvers([
    registryResolvers(registry, versions, tickMs),
    admissionResolvers(new ModelAdmission({ store: registry.store, cache })),
    predictionResolvers({ store, newest, versions, explanations, clock }),
    recordResolvers({ database, aliases: registry.aliases, versions, knows: (symbol) => newest.knows(symbol) }),
    hourlyResolvers(hourly),
    patternResolvers(patterns),
    training.resolvers,
    featureStoreResolvers(features),
    risk.resolvers,
    anomalies.resolvers,
  ])
  const subgraph = await createSubgraph({
    name: 'anya',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers,
    ports,
    ready: async () => {
      await store.ping()
      if (!serving.champion().runner.isReady) throw new Error('the inference thread is being started')
    },
    onStop: async () => {
      const impatience = setTimeout(() => connections.cut(), STOP_PATIENCE_MS)
      await running.disposeAsync().finally(() => clearTimeout(impatience))
    },
  })
  const running = starting.move()
  return subgraph
}

/** Each feature resolves its own fields of the types that several share. */
function mergeResolvers(features: readonly Resolvers[]): Resolvers {
  const merged: Record<string, object> = {}
  for (const feature of features)
    for (const [type, fields] of Object.entries(feature)) merged[type] = { ...merged[type], ...fields }
  return merged
}

function startRelay(
  { databaseUrl, transport, log }: Ports,
  { limits }: DatabaseConnections,
  starting: AsyncDisposableStack,
): OutboxRelay {
  const pool = new Pool(poolConfig(databaseUrl, { ...limits, max: RELAY_CONNECTIONS }))
  starting.defer(() => pool.end())
  const relay = new OutboxRelay({ pool, transport, log })
  relay.start()
  starting.defer(() => relay.stop())
  return relay
}

async function prune(store: PredictionStore, { clock, log }: Ports): Promise<void> {
  try {
    await store.prune(clock.now())
  } catch (error) {
    log.error({ err: error }, 'old forecasts could not be deleted')
  }
}
