import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import { type Forecast, forecastSchema } from './forecast.ts'
import { HORIZONS, type Horizon, horizonOf } from './horizon.ts'

const channelOf = (symbol: string) => `prediction:${symbol}`
const keyOf = (symbol: string, horizon: Horizon) => `newest-prediction:${symbol}:${horizon}`
const HORIZON_NAMES = Object.values(HORIZONS).map(horizonOf)
/** An older forecast is not shown as the market's: it speaks of a time that has passed. */
const VALID_HORIZONS = 2
/** Clocks of one installation differ by less: what lies further ahead was made before a clock was set back. */
const CLOCK_TOLERANCE_MS = 2_000

type Listener = (forecast: Forecast) => void

/** What is known of one market and horizon. */
interface Shown {
  newest: Forecast | null
  readonly listeners: Set<Listener>
}

/** The newest forecast of each market and horizon, the same in every instance: kept in memory, carried by the cache. */
export class NewestForecasts {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #shown = new Map<string, ReadonlyMap<Horizon, Shown>>()
  #unsubscribe: (() => Promise<void>)[] = []

  constructor(cache: Cache, clock: Clock, symbols: readonly string[]) {
    this.#cache = cache
    this.#clock = clock
    const nothing = (): Shown => ({ newest: null, listeners: new Set() })
    for (const symbol of symbols) this.#shown.set(symbol, new Map(HORIZON_NAMES.map((name) => [name, nothing()])))
  }

  async start(): Promise<void> {
    for (const symbol of this.#shown.keys()) {
      this.#unsubscribe.push(await this.#cache.subscribe(channelOf(symbol), (text) => this.#take(text)))
      for (const horizon of HORIZON_NAMES) {
        const text = await this.#cache.get(keyOf(symbol, horizon))
        if (text !== null) this.#take(text)
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#unsubscribe.map((unsubscribe) => unsubscribe()))
  }

  knows(symbol: string): boolean {
    return this.#shown.has(symbol)
  }

  /** @returns null before the first, and where the newest is older than twice its horizon or lies ahead of the clock. */
  of(symbol: string, horizon: Horizon): Forecast | null {
    const forecast = this.#shown.get(symbol)?.get(horizon)?.newest
    if (!forecast || this.#isAhead(forecast)) return null
    return this.#clock.now() - forecast.madeAt > VALID_HORIZONS * forecast.horizonMs ? null : forecast
  }

  /** Shows the forecast here at once, and to the other instances through the cache. */
  async publish(forecast: Forecast): Promise<void> {
    this.#show(forecast)
    const { symbol, horizonMs } = forecast
    const text = JSON.stringify(forecast)
    await this.#cache.set(keyOf(symbol, horizonOf(horizonMs)), text, { ttlMs: VALID_HORIZONS * horizonMs })
    await this.#cache.publish(channelOf(symbol), text)
  }

  /** @returns a function that ends the listening. */
  listen(symbol: string, horizon: Horizon, listener: Listener): () => void {
    const listeners = this.#shown.get(symbol)?.get(horizon)?.listeners
    listeners?.add(listener)
    return () => listeners?.delete(listener)
  }

  #take(text: string): void {
    const { data: forecast } = forecastSchema.safeParse(JSON.parse(text))
    // What an instance of another release wrote is not the newest forecast of this one.
    if (forecast) this.#show(forecast)
  }

  #show(forecast: Forecast): void {
    const shown = this.#shown.get(forecast.symbol)?.get(horizonOf(forecast.horizonMs))
    if (!shown) return
    const { newest } = shown
    if (newest && newest.madeAt >= forecast.madeAt && !this.#isAhead(newest)) return
    shown.newest = forecast
    for (const listener of shown.listeners) listener(forecast)
  }

  #isAhead({ madeAt }: Forecast): boolean {
    return madeAt > this.#clock.now() + CLOCK_TOLERANCE_MS
  }
}
