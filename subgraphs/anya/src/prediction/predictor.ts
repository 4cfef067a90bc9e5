import type { Ports } from '@opsource/subgraph'
import { baselineProbabilities, FEATURE_COUNT, FEATURE_HASH, type MarketReader } from '../features/index.ts'
import type { Runner } from '../inference/index.ts'
import type { ServableVersion } from '../registry/index.ts'
import { directed, type Forecast, isInSample, probabilityIn } from './forecast.ts'
import { HORIZONS } from './horizon.ts'
import type { NewestForecasts } from './newest.ts'
import type { PredictionObserver } from './observe.ts'
import { ReturnRange, STEP_MS } from './return-range.ts'
import type { Observation } from './shadow.ts'
import type { KnownOutcome, PredictionStore } from './store.ts'
import { keepVector } from './vector.ts'

/** Markets times steps of the horizon wait for their outcome; far more means that outcomes cannot be written, and the oldest go. */
const MAX_WAITING = 10_000
const BPS = 10_000

export interface PredictorParts {
  readonly ports: Pick<Ports, 'clock' | 'ids' | 'log'>
  readonly readers: readonly MarketReader[]
  /** The version that serves now; each tick takes it once. */
  readonly champion: () => { readonly model: ServableVersion; readonly runner: Runner }
  readonly store: PredictionStore
  readonly newest: NewestForecasts
  readonly observer: PredictionObserver
  readonly tickMs: number
  /** Called when new events lie in the outbox. */
  readonly onRecorded: () => void
  /** Told what each forecast that was kept was made from. */
  readonly onForecast?: (observations: readonly Observation[]) => void
}

/** What one market shows at a tick: its features, its mid price in ticks, and how far that has gone lately. */
interface MarketSample {
  readonly reader: MarketReader
  readonly row: Float32Array
  readonly mid: number
  readonly range: ReturnRange
}

/** A forecast and the mid price it was made at, in ticks, until its outcome is known. */
interface Open {
  readonly forecast: Forecast
  readonly mid: number
}

interface Made extends Open, Observation {}

const forecastOf = ({ forecast }: Open) => forecast

/** Forecasts all live markets at every tick, in one run of the model, and tells later what came of it. */
export class Predictor {
  readonly #parts: PredictorParts
  readonly #ranges: ReadonlyMap<string, ReturnRange>
  #waiting: Open[] = []
  #tick: Promise<void> | null = null

  constructor(parts: PredictorParts) {
    this.#parts = parts
    this.#ranges = new Map(parts.readers.map(({ symbol }) => [symbol, new ReturnRange(HORIZONS.S10)]))
  }

  /** One tick; while one is in hand, another is skipped. */
  tick(): Promise<void> {
    this.#tick ??= this.#work()
      .catch((error: unknown) => {
        this.#parts.observer.tickFailed()
        this.#parts.ports.log.error({ err: error }, 'a tick failed')
      })
      .finally(() => {
        this.#tick = null
      })
    return this.#tick
  }

  async #work(): Promise<void> {
    const { ports, store, newest, observer, onRecorded, onForecast } = this.#parts
    const now = ports.clock.now()
    const due = this.#waiting.filter(({ forecast }) => forecast.madeAt + forecast.horizonMs <= now)
    const outcomes = due.flatMap((open) => this.#outcomeOf(open))
    const made = await this.#forecast(now)
    const written = made.length + outcomes.length === 0 ? [] : await store.record(made.map(forecastOf), outcomes)
    const ids = new Set(written.map(({ id }) => id))
    const begun = made.filter(({ forecast }) => ids.has(forecast.id))
    const open = begun.map(({ forecast, mid }) => ({ forecast, mid }))
    this.#waiting = [...this.#waiting.filter((open) => !due.includes(open)), ...open].slice(-MAX_WAITING)
    if (written.length > 0) onRecorded()
    observer.recorded(written, outcomes)
    for (const forecast of written) await newest.publish(forecast)
    onForecast?.(begun)
  }

  async #forecast(now: number): Promise<Made[]> {
    const { readers, champion, observer } = this.#parts
    const { model, runner } = champion()
    const samples = readers.flatMap((reader) => this.#sample(reader, now))
    if (samples.length === 0) return []
    const rows = new Float32Array(samples.length * FEATURE_COUNT)
    samples.forEach(({ row }, i) => {
      rows.set(row, i * FEATURE_COUNT)
    })
    const answer = await runner.run(rows)
    if (!answer.ok) {
      observer.unanswered(samples.length)
      return []
    }
    const baseline = baselineProbabilities(rows, model.manifest.baseline.coefficient)
    const made = samples.flatMap((sample, i) => {
      const up = probabilityIn(answer.value[i]!)
      if (up === null) return []
      const { reader, row, mid } = sample
      const forecast = this.#compose(model, sample, now, [up, baseline[i]!])
      return [{ mid, row, recording: reader.recording, forecast }]
    })
    if (made.length < samples.length) observer.unanswered(samples.length - made.length)
    return made
  }

  #sample(reader: MarketReader, now: number): MarketSample[] {
    const { engine } = reader
    const row = reader.isLive() ? engine.sample(now) : null
    const mid = engine.mid()
    if (!row || mid === null) return []
    const range = this.#ranges.get(reader.symbol)!
    const since = (milliseconds: number) => {
      const before = engine.midAt(now - milliseconds)
      return before === null ? null : (mid / before - 1) * BPS
    }
    range.observe(now, { step: since(STEP_MS), horizon: since(HORIZONS.S10) })
    return [{ reader, row, mid, range }]
  }

  #compose(
    model: ServableVersion,
    { reader, row, range }: MarketSample,
    now: number,
    [up, baselineUp]: readonly [number, number],
  ): Forecast {
    const { ports, tickMs } = this.#parts
    const baseline = directed(baselineUp)
    const [filtered, plain] = [range.filtered(), range.plain()]
    const expected = filtered?.forecast(up)
    const usual = plain?.forecast(baselineUp)
    const { engine } = reader
    return {
      id: ports.ids.next('prd'),
      symbol: reader.symbol,
      tick: Math.floor(now / tickMs),
      madeAt: now,
      modelName: model.modelName,
      modelVersion: model.version,
      horizonMs: model.manifest.horizonMs,
      ...directed(up),
      baselineDirection: baseline.direction,
      baselineProbability: baseline.probability,
      expectedReturnBps: expected?.expectedReturnBps ?? null,
      quantilesBps: expected?.quantilesBps ?? null,
      volatilityBps: filtered?.volatilityBps ?? null,
      baselineReturnBps: usual?.expectedReturnBps ?? null,
      baselineQuantilesBps: usual?.quantilesBps ?? null,
      baselineVolatilityBps: plain?.volatilityBps ?? null,
      ...keepVector(row, FEATURE_HASH),
      dataFrom: engine.followedSince,
      dataTo: engine.lastTime,
      dataRows: engine.updates,
      inSample: isInSample(reader.recording, model.manifest.trainedOn),
      returnBps: null,
      realisedVolatilityBps: null,
    }
  }

  /** Nothing where the market was not watched from the forecast to its horizon. */
  #outcomeOf({ forecast, mid }: Open): KnownOutcome[] {
    const reader = this.#parts.readers.find(({ symbol }) => symbol === forecast.symbol)
    if (!reader?.isLive() || reader.engine.midAt(forecast.madeAt) === null) return []
    const after = reader.engine.midAt(forecast.madeAt + forecast.horizonMs)
    return after === null ? [] : [{ forecast, returnBps: (after / mid - 1) * BPS }]
  }
}
