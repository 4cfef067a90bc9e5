import type { Ports } from '@opsource/subgraph'
import { Counter, Histogram } from 'prom-client'
import type { FeedObserver } from './feed.ts'
import type { FoundPattern } from './recogniser.ts'
import type { ScanObserver } from './scanner.ts'

/** Seconds; a closed bar takes tens of microseconds, a history of 5,000 some ten milliseconds. */
const SCAN_BUCKETS_S = [0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1, 1]

/** What is counted of patterns, and what is worth a line in the log. */
export class PatternObserver implements ScanObserver, FeedObserver {
  readonly #log: Ports['log']
  readonly #found: Counter
  readonly #restarts: Counter
  readonly #unreadable: Counter
  readonly #lost: Counter
  readonly #dropped: Counter
  readonly #scans: Histogram

  constructor({ metrics, log }: Pick<Ports, 'metrics' | 'log'>) {
    const registers = [metrics]
    const counter = (name: string, help: string, labelNames: string[] = []) =>
      new Counter({ name: `opsource_anya_${name}_total`, help, labelNames, registers })
    this.#log = log
    this.#found = counter('patterns_found', 'Patterns found on live bars.', ['symbol', 'interval', 'family'])
    this.#restarts = counter('pattern_scanner_restarts', "Starts of TA-Lib's thread after the first.")
    this.#unreadable = counter('pattern_messages_unreadable', 'Market data that patterns could not read.', ['symbol'])
    this.#lost = counter('pattern_bars_lost', 'Bars that could not be written.', ['symbol'])
    this.#dropped = counter('pattern_bars_dropped', 'Bars that could not be scanned.', ['symbol'])
    this.#scans = new Histogram({
      name: 'opsource_anya_pattern_scan_seconds',
      help: "Seconds from asking TA-Lib's thread to its answer.",
      buckets: SCAN_BUCKETS_S,
      registers,
    })
  }

  found({ symbol, interval, family }: FoundPattern): void {
    this.#found.inc({ symbol, interval, family })
  }

  scanned(milliseconds: number): void {
    this.#scans.observe(milliseconds / 1_000)
  }

  scannerRestarted(reason: string): void {
    this.#restarts.inc()
    this.#log.warn({ reason }, "TA-Lib's thread is started again")
  }

  unreadable(symbol: string, reason: string): void {
    this.#unreadable.inc({ symbol })
    this.#log.warn({ symbol, reason }, 'market data could not be read for patterns')
  }

  barLost(symbol: string, error: unknown): void {
    this.#lost.inc({ symbol })
    this.#log.error({ symbol, err: error }, 'a bar could not be written')
  }

  dropped(symbol: string, bars: number): void {
    this.#dropped.inc({ symbol }, bars)
    this.#log.error({ symbol, bars }, 'bars could not be scanned for patterns')
  }
}
