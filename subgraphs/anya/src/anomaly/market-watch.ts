import { type Anomaly, Watch } from './watch.ts'

/** A market at one moment; what is not known is left out and not judged. */
export interface MarketSample {
  /** Milliseconds since the epoch; left out where samples are known to come in order. */
  readonly time?: number | undefined
  /** Middle of the best bid and ask. */
  readonly mid?: number
  /** Best ask less best bid, in the price's unit. */
  readonly spread?: number
  /** Traded since the last sample, in the base asset. */
  readonly volume?: number
  /** Bought less sold by takers since the last sample, in the base asset. */
  readonly signedVolume?: number
  /** What rests at the best bid and ask, in the base asset. */
  readonly bidSize?: number
  readonly askSize?: number
}

export const MARKET_MEASURES = ['return', 'spread', 'volume', 'order flow imbalance', 'book imbalance'] as const
export type MarketMeasure = (typeof MARKET_MEASURES)[number]

/** Watches price jumps, spread, volume, order flow and the book's balance of one market, each by itself. */
export class MarketWatch {
  readonly #watches: ReadonlyMap<MarketMeasure, Watch>
  #mid: number | undefined

  /** @param warmUp samples that teach what is usual */
  constructor(warmUp: number) {
    this.#watches = new Map(MARKET_MEASURES.map((measure) => [measure, new Watch(measure, warmUp)]))
  }

  /** @returns what is unusual about this sample, the gravest first */
  observe(sample: MarketSample): readonly Anomaly[] {
    const values = this.#measure(sample)
    const found = [...this.#watches].flatMap(([measure, watch]) => {
      const value = values[measure]
      if (value === undefined) return []
      const verdict = watch.observe({ value, ...(sample.time === undefined ? {} : { time: sample.time }) })
      return verdict.kind === 'anomaly' ? [verdict.anomaly] : []
    })
    return found.sort((left, right) => right.score - left.score)
  }

  #measure(sample: MarketSample): Readonly<Record<MarketMeasure, number | undefined>> {
    const before = this.#mid
    const mid = isPositive(sample.mid) ? sample.mid : undefined
    // A return over a gap is of another kind than one from sample to sample: none is taken there.
    this.#mid = mid
    return {
      return: mid === undefined || before === undefined ? undefined : Math.log(mid / before),
      spread: mid === undefined || sample.spread === undefined ? undefined : sample.spread / mid,
      volume: sample.volume,
      'order flow imbalance': shareOf(sample.signedVolume, sample.volume),
      'book imbalance': balanceOf(sample.bidSize, sample.askSize),
    }
  }
}

const isPositive = (value: number | undefined): value is number => value !== undefined && value > 0

/** −1 where all was sold to 1 where all was bought; 0 where nothing traded. */
function shareOf(signed: number | undefined, total: number | undefined): number | undefined {
  if (signed === undefined || total === undefined) return undefined
  return total > 0 ? signed / total : 0
}

function balanceOf(bid: number | undefined, ask: number | undefined): number | undefined {
  if (bid === undefined || ask === undefined || bid + ask <= 0) return undefined
  return (bid - ask) / (bid + ask)
}
