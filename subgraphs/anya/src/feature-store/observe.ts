import type { Ports } from '@opsource/subgraph'
import { Counter } from 'prom-client'
import type { FeedObserver } from '../patterns/feed.ts'
import type { StoreRefusal } from './offline/refusal.ts'
import type { OnlineObserver } from './online.ts'

/** What is counted of features, and what is worth a line in the log. */
export class FeatureObserver implements OnlineObserver, FeedObserver {
  readonly #log: Ports['log']
  readonly #rows: Counter
  readonly #refused: Counter
  readonly #dropped: Counter
  readonly #failures: Counter
  readonly #restarts: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name: `opsource_anya_feature_${name}_total`, help, labelNames, registers })
    this.#log = log
    this.#rows = counter('rows', 'Rows of features that were computed live.', ['view', 'entity'])
    this.#refused = counter('inputs_refused', 'Live inputs of features that were unsound.', ['view', 'entity'])
    this.#dropped = counter('rows_dropped', 'Rows that were served and could not be recorded.', ['view', 'entity'])
    this.#failures = counter('online_failures', 'Times that the online store was out of reach.')
    this.#restarts = counter('store_losses', "Unexpected ends of the offline store's process.")
  }

  computed(view: string, entity: string): void {
    this.#rows.inc({ view, entity })
  }

  inputRefused(view: string, entity: string): void {
    this.#refused.inc({ view, entity })
  }

  dropped(view: string, entity: string, rows: number): void {
    this.#dropped.inc({ view, entity }, rows)
  }

  onlineFailed(error: unknown): void {
    this.#failures.inc()
    this.#log.warn({ err: error }, 'the online store of features is out of reach')
  }

  storeLost(reason: string): void {
    this.#restarts.inc()
    this.#log.warn({ reason }, "the offline store's process ended")
  }

  lockedOut(): void {
    this.#log.error('another process writes to the folder of features: give each instance its own ANYA_DATA')
  }

  notRecorded(view: string, entity: string, refusal: StoreRefusal): void {
    this.#log.warn({ view, entity, ...refusal }, 'features could not be recorded; they wait')
  }

  jobFailed(error: unknown): void {
    this.#log.error({ err: error }, 'a job of the feature store failed')
  }

  unreadable(symbol: string, reason: string): void {
    this.#log.warn({ symbol, reason }, 'market data could not be read for features')
  }
}
