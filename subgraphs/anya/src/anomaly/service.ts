import type { Ports } from '@opsource/subgraph'
import { Ticker } from '../ticker.ts'
import { MarketSampler } from './market-sampler.ts'
import { MarketWatch } from './market-watch.ts'
import type { AnomalyObserver } from './observe.ts'
import { PLATFORM_MEASURES, PlatformSampler } from './platform-sampler.ts'
import { anomalySchema, type DetectedAnomaly } from './record.ts'
import { ANOMALY_RETENTION_MS, type AnomalyStore } from './store.ts'
import { type Anomaly, Watch } from './watch.ts'

const SAMPLE_MS = 1_000
/** Five minutes teach what is usual. */
const WARM_UP = 300
const CHANNEL = 'anomalies'

export interface AnomalyParts {
  readonly ports: Pick<Ports, 'cache' | 'clock' | 'ids' | 'log' | 'metrics'>
  readonly symbols: readonly string[]
  readonly store: AnomalyStore
  readonly observer: AnomalyObserver
  /** Called when new events lie in the outbox. */
  readonly onRecorded: () => void
  readonly sampleMs?: number
  readonly warmUp?: number
}

/** Where the platform's own are told: no market's name. */
const PLATFORM = Symbol('platform')
type Listener = (anomaly: DetectedAnomaly) => void

/** Samples every market and the platform itself each second, keeps what is unusual and tells it, on all instances. */
export class AnomalyService {
  readonly #parts: AnomalyParts
  readonly #markets: readonly { readonly sampler: MarketSampler; readonly watch: MarketWatch }[]
  readonly #platform: PlatformSampler
  readonly #platformWatches: ReadonlyMap<string, Watch>
  readonly #listeners = new Map<string | typeof PLATFORM, Set<Listener>>()
  #sampledAt = -Infinity
  #ticker: Ticker | undefined
  #unsubscribe: (() => Promise<void>) | undefined

  constructor(parts: AnomalyParts) {
    this.#parts = parts
    const { ports, symbols, observer, warmUp = WARM_UP } = parts
    this.#markets = symbols.map((symbol) => ({
      sampler: new MarketSampler(symbol, ports, observer),
      watch: new MarketWatch(warmUp),
    }))
    this.#platform = new PlatformSampler(ports.metrics)
    this.#platformWatches = new Map(PLATFORM_MEASURES.map((measure) => [measure, new Watch(measure, warmUp)]))
  }

  knows(symbol: string): boolean {
    return this.#parts.symbols.includes(symbol)
  }

  async start(): Promise<void> {
    const { ports, sampleMs = SAMPLE_MS } = this.#parts
    this.#unsubscribe = await ports.cache.subscribe(CHANNEL, (text) => this.#hear(text))
    for (const { sampler } of this.#markets) await sampler.start()
    this.#platform.start()
    this.#ticker = new Ticker(sampleMs, ports.clock, () => this.sample())
  }

  async close(): Promise<void> {
    await this.#ticker?.close()
    for (const { sampler } of this.#markets) await sampler.close()
    this.#platform.close()
    await this.#unsubscribe?.()
  }

  /** Hears of the market's anomalies. @returns a function that ends the listening. */
  listen(symbol: string, listener: Listener): () => void {
    return this.#listen(symbol, listener)
  }

  /** Hears of the platform's own. @returns a function that ends the listening. */
  listenToPlatform(listener: Listener): () => void {
    return this.#listen(PLATFORM, listener)
  }

  #listen(to: string | typeof PLATFORM, listener: Listener): () => void {
    const listeners = this.#listeners.get(to) ?? new Set()
    this.#listeners.set(to, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  async prune(): Promise<void> {
    const { ports, store } = this.#parts
    try {
      await store.prune(ports.clock.now() - ANOMALY_RETENTION_MS)
    } catch (error) {
      ports.log.error({ err: error }, 'old anomalies could not be deleted')
    }
  }

  /** One sample of everything; what fails is logged. */
  async sample(): Promise<void> {
    const { ports, store, observer, onRecorded } = this.#parts
    const now = ports.clock.now()
    // Samples come in their order whatever the clock says: where it is set back they are judged on.
    if (now < this.#sampledAt) observer.clockWentBack(this.#sampledAt - now)
    this.#sampledAt = now
    try {
      const found = [...(await this.#sampleMarkets(now)), ...(await this.#samplePlatform(now))]
      if (found.length === 0) return
      const written = await store.record(found)
      for (const anomaly of written) {
        observer.found(anomaly)
        await ports.cache.publish(CHANNEL, JSON.stringify(anomaly)).catch((error) => observer.untold(error))
      }
      if (written.some(({ severity }) => severity !== 'LOW')) onRecorded()
    } catch (error) {
      observer.failed(error)
    }
  }

  async #sampleMarkets(now: number): Promise<DetectedAnomaly[]> {
    const found: DetectedAnomaly[] = []
    for (const { sampler, watch } of this.#markets) {
      const sample = await sampler.sample()
      if (sample) found.push(...watch.observe(sample).map((anomaly) => this.#detected(sampler.symbol, anomaly, now)))
    }
    return found
  }

  async #samplePlatform(now: number): Promise<DetectedAnomaly[]> {
    const delays = this.#markets.flatMap(({ sampler }) => sampler.takeDelay() ?? [])
    const values = {
      ...(await this.#platform.sample()),
      ...(delays.length > 0 ? { 'market data delay': Math.max(...delays) } : {}),
    }
    return PLATFORM_MEASURES.flatMap((measure) => {
      const value = values[measure]
      if (value === undefined) return []
      const verdict = this.#platformWatches.get(measure)?.observe({ value })
      return verdict?.kind === 'anomaly' ? [this.#detected(null, verdict.anomaly, now)] : []
    })
  }

  #detected(symbol: string | null, { usual, measure, time: _time, ...anomaly }: Anomaly, now: number): DetectedAnomaly {
    const { ids } = this.#parts.ports
    const { sampleMs = SAMPLE_MS } = this.#parts
    // Samples are taken at whole intervals: instances that find the same find it at one time.
    const detectedAt = Math.floor(now / sampleMs) * sampleMs
    const [usualFrom, usualTo] = usual
    return anomalySchema.parse({ id: ids.next('ano'), symbol, measure, ...anomaly, usualFrom, usualTo, detectedAt })
  }

  #hear(text: string): void {
    const parsed = anomalySchema.safeParse(JSON.parse(text))
    if (!parsed.success) return
    for (const listener of this.#listeners.get(parsed.data.symbol ?? PLATFORM) ?? []) listener(parsed.data)
  }
}
