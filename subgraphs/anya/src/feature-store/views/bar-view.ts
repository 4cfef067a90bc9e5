import { BAR_FEATURE_HASH, BAR_FEATURES, type Bar, BarFeatureEngine } from '../../bar-features/index.ts'
import { type Computation, defineView, type FeatureRow, type FeatureView } from './view.ts'

/** A bar closes when the first trade after it is heard of; then it travels and is computed. */
const AVAILABILITY_DELAY_MS = 1_000

/** Features of price bars: a row at the close of each bar. */
export function barView(
  options: Pick<FeatureView<Bar>, 'name' | 'about' | 'stepMs' | 'maxAgeMs' | 'partition' | 'retentionMs'>,
): FeatureView<Bar> {
  return defineView({
    ...options,
    entity: 'MARKET',
    features: BAR_FEATURES.map(({ name, window, lag }) => ({ name, window, windowUnit: 'BARS', lag, type: 'FLOAT32' })),
    availabilityDelayMs: AVAILABILITY_DELAY_MS,
    engineHash: BAR_FEATURE_HASH,
    compute: () => new BarComputation(options.stepMs),
  })
}

class BarComputation implements Computation<Bar> {
  readonly #engine = new BarFeatureEngine()
  readonly #lengthMs: number
  #lastTime = Number.NEGATIVE_INFINITY
  #refused = 0

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  get refused(): number {
    return this.#refused
  }

  push(bar: Bar): FeatureRow[] {
    if (!isSound(bar) || bar.time <= this.#lastTime) {
      this.#refused++
      return []
    }
    this.#lastTime = bar.time
    return [{ eventTime: bar.time + this.#lengthMs, values: this.#engine.push(bar) }]
  }
}

/** One value that is no number would stay in every smoothed feature for good. */
function isSound({ time, open, high, low, close, volume }: Bar): boolean {
  const prices = [open, high, low, close]
  return (
    Number.isSafeInteger(time) &&
    prices.every((price) => Number.isFinite(price) && price > 0) &&
    low <= Math.min(open, close) &&
    high >= Math.max(open, close) &&
    Number.isFinite(volume) &&
    volume >= 0
  )
}
