import type { Ports } from '@opsource/subgraph'
import { Counter } from 'prom-client'
import type { ReaderObserver, ResynchronisedBy } from '../features/index.ts'
import type { Forecast } from './forecast.ts'
import type { ShadowObserver } from './shadow.ts'
import type { KnownOutcome } from './store.ts'

/** What anya counts, and what of it is worth a line in the log. */
export class PredictionObserver implements ReaderObserver, ShadowObserver {
  readonly #log: Ports['log']
  readonly #made: Counter
  readonly #outcomes: Counter
  readonly #unanswered: Counter
  readonly #failedTicks: Counter
  readonly #shadowed: Counter
  readonly #shadowMissed: Counter
  readonly #resynchronised: Counter
  readonly #refused: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name: `opsource_anya_${name}_total`, help, labelNames, registers })
    this.#log = log
    this.#made = counter('predictions', 'Forecasts made.', ['symbol', 'in_sample'])
    this.#outcomes = counter('outcomes', 'Forecasts whose outcome is known.', ['symbol'])
    this.#unanswered = counter('unanswered', 'Markets that got no forecast because the model did not answer.')
    this.#failedTicks = counter('failed_ticks', 'Ticks that failed.')
    this.#shadowed = counter('shadow_forecasts', 'Forecasts of the challenger beside the champion’s.')
    this.#shadowMissed = counter('shadow_missed', 'Forecasts of the champion that the challenger has none beside.')
    this.#resynchronised = counter('resynchronisations', 'Readings of a market snapshot.', ['symbol', 'reason'])
    this.#refused = counter('refused_messages', 'Market data that could not be read.', ['symbol'])
  }

  recorded(forecasts: readonly Forecast[], outcomes: readonly KnownOutcome[]): void {
    for (const { symbol, inSample } of forecasts) this.#made.inc({ symbol, in_sample: String(inSample) })
    for (const { forecast } of outcomes) this.#outcomes.inc({ symbol: forecast.symbol })
  }

  unanswered(markets: number): void {
    this.#unanswered.inc(markets)
  }

  tickFailed(): void {
    this.#failedTicks.inc()
  }

  shadowed(forecasts: number): void {
    this.#shadowed.inc(forecasts)
  }

  shadowMissed(forecasts: number): void {
    this.#shadowMissed.inc(forecasts)
  }

  resynchronised(symbol: string, reason: ResynchronisedBy): void {
    this.#resynchronised.inc({ symbol, reason })
    this.#log.debug({ symbol, reason }, 'market data is followed from a snapshot')
  }

  refused(symbol: string, reason: string): void {
    this.#refused.inc({ symbol })
    this.#log.warn({ symbol, reason }, 'market data could not be read')
  }
}
