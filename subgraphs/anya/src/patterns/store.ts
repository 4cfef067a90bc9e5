import type { Database } from '../database.ts'
import type { Bar } from './bar.ts'
import type { PatternInterval } from './interval.ts'

/** Of each market and interval: 7 hours of 5 seconds, 3 days of minutes, 13 years of days. Some 0.5 MB each. */
export const MAX_BARS = 5_000

/** Keeps the bars that were seen. */
export class BarStore {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Writes a bar; what another instance wrote first stays. */
  async append(symbol: string, interval: PatternInterval, bar: Bar): Promise<void> {
    const data = { ...bar, symbol, interval, openTime: new Date(bar.openTime) }
    await this.#database.patternBar.createMany({ data: [data], skipDuplicates: true })
  }

  count(symbol: string, interval: PatternInterval): Promise<number> {
    return this.#database.patternBar.count({ where: { symbol, interval } })
  }

  /** @returns the newest MAX_BARS, oldest first. */
  async newest(symbol: string, interval: PatternInterval): Promise<Bar[]> {
    const rows = await this.#database.patternBar.findMany({
      where: { symbol, interval },
      orderBy: { openTime: 'desc' },
      take: MAX_BARS,
    })
    return rows.reverse().map(({ openTime, open, high, low, close, volume }) => ({
      openTime: openTime.getTime(),
      open,
      high,
      low,
      close,
      volume,
    }))
  }

  /** Deletes what is older than the newest MAX_BARS. @returns how many. */
  async prune(symbol: string, interval: PatternInterval): Promise<number> {
    return this.#database.$executeRaw`
      DELETE FROM pattern_bar WHERE symbol = ${symbol} AND interval = ${interval} AND open_time < (
        SELECT open_time FROM pattern_bar WHERE symbol = ${symbol} AND interval = ${interval}
        ORDER BY open_time DESC OFFSET ${MAX_BARS - 1} LIMIT 1)`
  }
}
