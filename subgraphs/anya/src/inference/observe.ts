import type { Ports } from '@opsource/subgraph'
import { Counter, Histogram } from 'prom-client'
import type { InferenceObserver } from './engine.ts'
import type { InferenceRefusal } from './refusal.ts'

/** Seconds; a run of all markets takes tens of microseconds. */
const RUN_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1]
/** Rows of a batch, up to `MAX_BATCH_ROWS`. */
const ROW_BUCKETS = [1, 2, 4, 8, 16, 32, 64]

/** What the inference engine counts, and what of it is worth a line in the log. */
export class InferenceMetrics implements InferenceObserver {
  readonly #log: Ports['log']
  readonly #runs: Histogram
  readonly #rows: Histogram
  readonly #refusals: Counter
  readonly #restarts: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    this.#log = log
    this.#runs = new Histogram({
      name: 'opsource_anya_inference_seconds',
      help: 'Seconds from giving a batch to an inference thread to its answer.',
      labelNames: ['model'],
      buckets: RUN_BUCKETS_S,
      registers,
    })
    this.#rows = new Histogram({
      name: 'opsource_anya_inference_batch_rows',
      help: 'Rows of a batch.',
      labelNames: ['model'],
      buckets: ROW_BUCKETS,
      registers,
    })
    this.#refusals = new Counter({
      name: 'opsource_anya_inference_refusals_total',
      help: 'Requests that a model did not answer.',
      labelNames: ['model', 'reason'],
      registers,
    })
    this.#restarts = new Counter({
      name: 'opsource_anya_inference_restarts_total',
      help: 'Starts of an inference thread after the first.',
      labelNames: ['model'],
      registers,
    })
  }

  ran(milliseconds: number, rows: number, model: string): void {
    this.#runs.observe({ model }, milliseconds / 1000)
    this.#rows.observe({ model }, rows)
  }

  refused(reason: InferenceRefusal['kind'], model: string): void {
    this.#refusals.inc({ model, reason })
  }

  restarted(reason: string, model: string): void {
    this.#restarts.inc({ model })
    this.#log.warn({ reason, model }, 'an inference thread is started again')
  }
}
