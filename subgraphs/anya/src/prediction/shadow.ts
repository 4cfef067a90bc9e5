import type { Recording } from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { FEATURE_COUNT } from '../features/index.ts'
import type { Serving, ShadowForecast } from '../registry/index.ts'
import { type Forecast, isInSample, probabilityIn } from './forecast.ts'

/** Ticks that wait for the challenger; a slower one misses some, and the champion waits for none. */
const MAX_WAITING_TICKS = 4

/** What a forecast was made from. */
export interface Observation {
  readonly forecast: Forecast
  readonly row: Float32Array
  readonly recording: Recording
}

export interface ShadowObserver {
  shadowed(forecasts: number): void
  /** Forecasts of the champion that the challenger has none beside. */
  shadowMissed(forecasts: number): void
}

export interface ShadowParts {
  readonly challenger: () => Serving | null
  readonly store: { record(forecasts: readonly ShadowForecast[]): Promise<void> }
  readonly observer: ShadowObserver
  readonly log: Ports['log']
}

/** Asks the challenger of all that the champion has answered, and keeps what it says; nobody is told, and nobody waits for it. */
export class Shadow {
  readonly #parts: ShadowParts
  #work: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(parts: ShadowParts) {
    this.#parts = parts
  }

  take(observations: readonly Observation[]): void {
    if (observations.length === 0 || !this.#parts.challenger()) return
    if (this.#waiting >= MAX_WAITING_TICKS) {
      this.#parts.observer.shadowMissed(observations.length)
      return
    }
    this.#waiting++
    this.#work = this.#work
      .then(() => this.#forecast(observations))
      .catch((error: unknown) => {
        this.#parts.observer.shadowMissed(observations.length)
        this.#parts.log.error({ err: error }, 'the challenger’s forecasts could not be kept')
      })
      .finally(() => {
        this.#waiting--
      })
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await this.#work
  }

  async #forecast(observations: readonly Observation[]): Promise<void> {
    const { challenger, store, observer } = this.#parts
    const serving = challenger()
    if (!serving) return
    const rows = new Float32Array(observations.length * FEATURE_COUNT)
    for (const [i, { row }] of observations.entries()) rows.set(row, i * FEATURE_COUNT)
    const answer = await serving.runner.run(rows)
    if (!answer.ok) {
      observer.shadowMissed(observations.length)
      return
    }
    const { modelName, version, manifest } = serving.model
    const forecasts = observations.flatMap(({ forecast, recording }, i) => {
      const up = probabilityIn(answer.value[i]!)
      if (up === null) return []
      const inSample = forecast.inSample || isInSample(recording, manifest.trainedOn)
      return [{ modelName, version, predictionId: forecast.id, up, inSample, madeAt: forecast.madeAt }]
    })
    if (forecasts.length < observations.length) observer.shadowMissed(observations.length - forecasts.length)
    await store.record(forecasts)
    observer.shadowed(forecasts.length)
  }
}
