import type { Ports } from '@opsource/subgraph'
import { Counter } from 'prom-client'
import type { SurveillanceAlert } from './manipulation/alert.ts'
import type { SamplerObserver } from './market-sampler.ts'
import type { DetectedAnomaly } from './record.ts'

/** What is counted of anomalies, and what is worth a line in the log. */
export class AnomalyObserver implements SamplerObserver {
  readonly #log: Ports['log']
  readonly #found: Counter
  readonly #unreadable: Counter
  readonly #failed: Counter
  readonly #suspected: Counter
  readonly #setBack: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name: `opsource_anya_${name}_total`, help, labelNames, registers })
    this.#log = log
    this.#found = counter('anomalies_found', 'Anomalies of markets and of the platform.', ['measure', 'severity'])
    this.#unreadable = counter('anomaly_messages_unreadable', 'Market data that could not be read.', ['symbol'])
    this.#suspected = counter('surveillance_alerts', 'What looked like manipulation.', ['symbol', 'kind'])
    this.#setBack = counter('anomaly_clock_set_back', 'Times that the clock went back between two samples.')
    this.#failed = counter('anomaly_samples_failed', 'Seconds or suspicions of which nothing could be kept.')
  }

  found({ measure, severity, symbol, explanation }: DetectedAnomaly): void {
    this.#found.inc({ measure, severity })
    if (severity === 'HIGH') this.#log.warn({ symbol, measure, explanation }, 'something is unusual')
  }

  suspected({ symbol, kind }: SurveillanceAlert): void {
    this.#suspected.inc({ symbol, kind })
  }

  unreadable(symbol: string, reason: string): void {
    this.#unreadable.inc({ symbol })
    this.#log.warn({ symbol, reason }, 'market data could not be read for anomalies')
  }

  clockWentBack(milliseconds: number): void {
    this.#setBack.inc()
    this.#log.warn({ milliseconds }, 'the clock went back: samples are judged by their order')
  }

  /** It is kept, and whoever asks for it is answered; those who listen live have missed it. */
  untold(error: unknown): void {
    this.#log.warn({ err: error }, 'what is unusual could not be told live')
  }

  failed(error: unknown): void {
    this.#failed.inc()
    this.#log.error({ err: error }, 'anomalies could not be kept')
  }
}
