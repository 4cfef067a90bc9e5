import type { Instrument, RecordedTouch, View } from '../recording/index.ts'

/** What the exchange's best bid and ask were found to be, against the recording. */
export type Comparison = 'equal' | 'prices' | 'different'

/** @returns whether the best prices, and their quantities too, are the recorded ones. */
export function compareTouch(instrument: Instrument, view: View, touch: RecordedTouch): Comparison {
  const [bid, ask] = [view.bids[0], view.asks[0]]
  if (bid?.price !== instrument.ticks(touch.bidPrice) || ask?.price !== instrument.ticks(touch.askPrice))
    return 'different'
  const quantities =
    bid.quantity === instrument.lotsWithin(touch.bidQuantity) &&
    ask.quantity === instrument.lotsWithin(touch.askQuantity)
  return quantities ? 'equal' : 'prices'
}

/** How true one market's replay was, over one repetition of the recording. Ratios are of 1; null where nothing was counted. */
export interface MarketReport {
  readonly symbol: string
  readonly steps: number
  /** Steps whose book was judged: those with best prices on record, where the report was asked for. */
  readonly judged: number
  readonly pricesEqual: number | null
  readonly quantitiesEqual: number | null
  /** Judged steps where the exchange's book was not, in time, what its answers had said. They count as different. */
  readonly unconfirmed: number
  readonly trades: number
  readonly tradesFilled: number | null
  readonly tradesPartlyFilled: number | null
  /** Recorded books that were left out because the exchange was behind. */
  readonly viewsLeftOut: number
  /** From the moment a step was due to its last answer, real milliseconds; null at speed `max`. */
  readonly lagP50Ms: number | null
  readonly lagP99Ms: number | null
  readonly refusals: Readonly<Record<string, number>>
}

/** Counts one market over one repetition. Lags are kept one by one: 6,500 a repetition of the shipped recording. */
export class Tally {
  readonly #symbol: string
  #steps = 0
  #judged = 0
  #equal = 0
  #pricesOnly = 0
  #unconfirmed = 0
  #trades = 0
  #filled = 0
  #partly = 0
  #leftOut = 0
  readonly #lags: number[] = []

  constructor(symbol: string) {
    this.#symbol = symbol
  }

  step(lagMs: number | null): void {
    this.#steps++
    if (lagMs !== null) this.#lags.push(lagMs)
  }

  leaveOut(): void {
    this.#steps++
    this.#leftOut++
  }

  trades(outcomes: readonly ('filled' | 'partly' | 'missed')[]): void {
    this.#trades += outcomes.length
    this.#filled += outcomes.filter((outcome) => outcome === 'filled').length
    this.#partly += outcomes.filter((outcome) => outcome === 'partly').length
  }

  /** @param comparison null where the exchange's book could not be confirmed in time. */
  judge(comparison: Comparison | null): void {
    this.#judged++
    if (comparison === null) this.#unconfirmed++
    if (comparison === 'equal') this.#equal++
    if (comparison === 'prices') this.#pricesOnly++
  }

  report(refusals: ReadonlyMap<string, number>): MarketReport {
    const share = (part: number, whole: number) => (whole === 0 ? null : part / whole)
    const lags = this.#lags.toSorted((a, b) => a - b)
    const percentile = (ratio: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * ratio))] ?? null
    return {
      symbol: this.#symbol,
      steps: this.#steps,
      judged: this.#judged,
      pricesEqual: share(this.#equal + this.#pricesOnly, this.#judged),
      quantitiesEqual: share(this.#equal, this.#judged),
      unconfirmed: this.#unconfirmed,
      trades: this.#trades,
      tradesFilled: share(this.#filled, this.#trades),
      tradesPartlyFilled: share(this.#partly, this.#trades),
      viewsLeftOut: this.#leftOut,
      lagP50Ms: percentile(0.5),
      lagP99Ms: percentile(0.99),
      refusals: Object.fromEntries(refusals),
    }
  }
}

/** A report as a table for people. */
export function formatReport(reports: readonly MarketReport[]): string {
  const percent = (ratio: number | null) => (ratio === null ? '-' : `${(ratio * 100).toFixed(2)} %`)
  const milliseconds = (value: number | null) => (value === null ? '-' : `${value.toFixed(1)} ms`)
  const rows = reports.map((report) => [
    report.symbol,
    `${report.steps} (${report.viewsLeftOut} left out)`,
    percent(report.pricesEqual),
    percent(report.quantitiesEqual),
    `${report.unconfirmed}`,
    `${report.trades}`,
    percent(report.tradesFilled),
    milliseconds(report.lagP50Ms),
    milliseconds(report.lagP99Ms),
    Object.entries(report.refusals)
      .map(([code, count]) => `${code} ${count}`)
      .join(', ') || '-',
  ])
  const head = [
    'market',
    'diffs',
    'best prices =',
    '… and quantities',
    'unconfirmed',
    'trades',
    'filled',
    'lag p50',
    'lag p99',
    'refusals',
  ]
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)))
  return [head, ...rows].map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')).join('\n')
}
