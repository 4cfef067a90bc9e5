import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import { type Forecast, forecastSchema } from './forecast.ts'

const channelOf = (symbol: string) => `prediction:${symbol}`
const keyOf = (symbol: string) => `newest-prediction:${symbol}`
/** An older forecast is not shown as the market's: it speaks of a time that has passed. */
const VALID_HORIZONS = 2

type Listener = (forecast: Forecast) => void

/** The newest forecast of each market, the same in every instance: kept in memory, carried by the cache. */
export class NewestForecasts {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #newest = new Map<string, Forecast>()
  readonly #listeners = new Map<string, Set<Listener>>()
  #unsubscribe: (() => Promise<void>)[] = []

  constructor(cache: Cache, clock: Clock, symbols: readonly string[]) {
    this.#cache = cache
    this.#clock = clock
    for (const symbol of symbols) this.#listeners.set(symbol, new Set())
  }

  async start(): Promise<void> {
    for (const symbol of this.#listeners.keys()) {
      this.#unsubscribe.push(await this.#cache.subscribe(channelOf(symbol), (text) => this.#take(text)))
      const text = await this.#cache.get(keyOf(symbol))
      if (text !== null) this.#take(text)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#unsubscribe.map((unsubscribe) => unsubscribe()))
  }

  knows(symbol: string): boolean {
    return this.#listeners.has(symbol)
  }

  /** @returns null before the first, and where the newest is older than twice its horizon. */
  of(symbol: string): Forecast | null {
    const forecast = this.#newest.get(symbol)
    if (!forecast || this.#clock.now() - forecast.madeAt > VALID_HORIZONS * forecast.horizonMs) return null
    return forecast
  }

  /** Shows the forecast here at once, and to the other instances through the cache. */
  async publish(forecast: Forecast): Promise<void> {
    this.#show(forecast)
    const text = JSON.stringify(forecast)
    await this.#cache.set(keyOf(forecast.symbol), text, { ttlMs: VALID_HORIZONS * forecast.horizonMs })
    await this.#cache.publish(channelOf(forecast.symbol), text)
  }

  /** @returns a function that ends the listening. */
  listen(symbol: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(symbol)
    listeners?.add(listener)
    return () => listeners?.delete(listener)
  }

  #take(text: string): void {
    const { data: forecast } = forecastSchema.safeParse(JSON.parse(text))
    // What an instance of another release wrote is not the newest forecast of this one.
    if (forecast) this.#show(forecast)
  }

  #show(forecast: Forecast): void {
    const known = this.#newest.get(forecast.symbol)
    if (known && known.madeAt >= forecast.madeAt) return
    this.#newest.set(forecast.symbol, forecast)
    for (const listener of this.#listeners.get(forecast.symbol) ?? []) listener(forecast)
  }
}
