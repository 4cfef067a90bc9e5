import type { Ports } from '@opsource/subgraph'
import { Counter, Histogram } from 'prom-client'
import type { CalculatorObserver, CalculatorRefusal } from './calculator.ts'
import type { QuotesObserver } from './quotes.ts'

/** Seconds; a portfolio of two markets takes about a tenth of one on an idle core, half of one where its markets are new. */
const BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** What is counted of risk, and what is worth a line in the log. */
export class RiskObserver implements CalculatorObserver, QuotesObserver {
  readonly #log: Ports['log']
  readonly #duration: Histogram
  readonly #turnedAway: Counter
  readonly #ended: Counter

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    this.#log = log
    this.#duration = new Histogram({
      name: 'opsource_anya_risk_seconds',
      help: 'Seconds from a question about risk to its answer, where it was not known.',
      buckets: BUCKETS_S,
      registers,
    })
    this.#turnedAway = new Counter({
      name: 'opsource_anya_risk_turned_away_total',
      help: 'Questions about risk that were not answered, by why.',
      labelNames: ['reason'],
      registers,
    })
    this.#ended = new Counter({
      name: 'opsource_anya_risk_thread_ends_total',
      help: "Ends of the risk models' thread.",
      registers,
    })
  }

  assessed(milliseconds: number): void {
    this.#duration.observe(milliseconds / 1_000)
  }

  turnedAway(reason: CalculatorRefusal['kind']): void {
    this.#turnedAway.inc({ reason })
  }

  calculatorEnded(reason: string): void {
    this.#ended.inc()
    this.#log.warn({ reason }, "the risk models' thread ended; the next question starts another")
  }

  unpriced(symbol: string, error: unknown): void {
    this.#log.warn({ symbol, err: error }, 'a market could not be priced')
  }
}
