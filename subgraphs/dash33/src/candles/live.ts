import { Mailbox } from '../market-data/index.ts'
import { type Candle, mergeCandles } from './candle.ts'
import { endOf, INTERVALS, type Interval, startOf } from './interval.ts'

/** The candle that ended last and the one that grows: what a reader that keeps up with the interval has not yet seen. */
const MAX_WAITING_CANDLES = 2

export interface LiveCandle extends Candle {
  readonly interval: Interval
  /** When it ends; the moment belongs to the next. Milliseconds since the Unix epoch. */
  readonly closeTime: number
  /** Whether engine time has passed its end. */
  readonly closed: boolean
}

/** The newest candle of each interval of one market, and those who watch them. */
export class LiveCandles {
  readonly #newest = new Map<Interval, LiveCandle>()
  readonly #readers = new Map<Interval, Set<Mailbox<LiveCandle>>>()
  #now: number

  /**
   * @param newest what is known of each interval from before.
   * @param now engine time, milliseconds since the Unix epoch.
   */
  constructor(newest: ReadonlyMap<Interval, Candle>, now: number) {
    this.#now = now
    for (const [interval, candle] of newest) this.#newest.set(interval, this.#live(interval, candle))
  }

  /** Null before the interval's first trade. */
  newest(interval: Interval): LiveCandle | null {
    return this.#newest.get(interval) ?? null
  }

  /** Time has come to `now`: intervals that are over end, with or without a trade. */
  advance(now: number): void {
    this.#now = now
    for (const interval of INTERVALS) {
      const candle = this.#newest.get(interval)
      if (candle && !candle.closed && candle.closeTime <= now) this.#set(interval, candle)
    }
  }

  /** Takes trades of the second that engine time is in. */
  add(second: Candle): void {
    for (const interval of INTERVALS) {
      const openTime = startOf(interval, second.openTime)
      const before = this.#newest.get(interval)
      const continues = before && before.openTime === openTime
      this.#set(interval, continues ? mergeCandles(before, second) : { ...second, openTime })
    }
  }

  /** @returns a stream that begins with the newest candle, if there is one. */
  watch(interval: Interval): Mailbox<LiveCandle> {
    const readers = this.#readers.get(interval) ?? new Set()
    this.#readers.set(interval, readers)
    const reader: Mailbox<LiveCandle> = new Mailbox<LiveCandle>({
      limit: MAX_WAITING_CANDLES,
      overflow: (incoming, waiting) => ({
        replace: [...waiting.filter(({ closed }) => closed), incoming].slice(-MAX_WAITING_CANDLES),
      }),
      onClose: () => readers.delete(reader),
    })
    readers.add(reader)
    const newest = this.newest(interval)
    if (newest) reader.push(newest)
    return reader
  }

  /** Ends every stream. */
  close(): void {
    for (const readers of this.#readers.values()) for (const reader of readers) reader.end()
  }

  #set(interval: Interval, candle: Candle): void {
    const live = this.#live(interval, candle)
    this.#newest.set(interval, live)
    for (const reader of this.#readers.get(interval) ?? []) reader.push(live)
  }

  #live(interval: Interval, candle: Candle): LiveCandle {
    return liveCandle(interval, candle, this.#now)
  }
}

/** The candle as it stands when engine time is `now`. */
export function liveCandle(interval: Interval, candle: Candle, now: number): LiveCandle {
  const closeTime = endOf(interval, candle.openTime)
  return { ...candle, interval, closeTime, closed: closeTime <= now }
}
