import type { Clock } from '@opsource/kernel'
import { BookWatch, compareTouch, type MarketReport, Tally } from '../fidelity/index.ts'
import { TRADES, tradeEvent } from '../graph/index.ts'
import { EMPTY_VIEW } from '../maker/index.ts'
import type { RecordedTrade, View } from '../recording/index.ts'
import { flatten } from '../session/index.ts'
import type { Step } from '../source/index.ts'
import type { Exchange, Listing } from './exchange.ts'
import { Lane } from './lane.ts'
import type { Pacer } from './pacer.ts'

/** A market that is further behind leaves out recorded books until it has caught up. */
const MAX_LAG_MS = 1_000
/** Between two lines that say so. */
const TELL_BEHIND_MS = 60_000

/** What a market's player is told when it is made. */
export interface MarketPlayerOptions {
  readonly exchange: Exchange
  readonly listing: Listing
  readonly pacer: Pacer
  readonly clock: Clock
  /** Null where the order flow is live. */
  readonly dataSet: string | null
  /** Begins every key of this run's orders. */
  readonly run: string
  readonly paced: boolean
  /** Levels of each side to judge the exchange's book by, or null not to. */
  readonly judgeDepth: number | null
  /** Told, for people, what is worth knowing. */
  readonly tell: (line: string) => void
}

/** Plays one market's steps, and brings the market to rest after them. */
export class MarketPlayer {
  readonly symbol: string
  readonly lane: Lane
  readonly #options: MarketPlayerOptions
  readonly #watch: BookWatch | null
  #tally: Tally
  #opened = false
  #segment: string | null = null
  #repetition = 0
  #heldTrades: RecordedTrade[] = []
  #view: View = EMPTY_VIEW
  #toldBehindAt = Number.NEGATIVE_INFINITY

  constructor(options: MarketPlayerOptions) {
    const { exchange, listing, judgeDepth } = options
    const { instrument } = listing
    this.symbol = instrument.symbol
    this.#options = options
    this.#tally = new Tally(this.symbol)
    this.lane = new Lane(instrument, exchange.maker, exchange.taker)
    this.#watch = judgeDepth === null ? null : new BookWatch(exchange.live, instrument, judgeDepth)
    exchange.live.read(TRADES, { symbol: this.symbol }, tradeEvent, {
      next: ({ trades }) => this.lane.hearTrade(trades.id, trades.takerSide, instrument.ticks(trades.price)),
      missed: () => this.lane.hearGap(),
    })
  }

  /** Takes off the book what an earlier run has left there. */
  async clear(): Promise<void> {
    const { exchange, tell } = this.#options
    const left = await Promise.all([exchange.maker.cancelAll(this.symbol), exchange.taker.cancelAll(this.symbol)])
    const count = left.reduce((sum, each) => sum + each, 0)
    if (count > 0) tell(`${this.symbol}: cancelled ${count} orders that were still open`)
  }

  begin(repetition: number): void {
    this.#repetition = repetition
    this.#opened = false
    this.#tally = new Tally(this.symbol)
    this.lane.refusals.clear()
  }

  /** Sends what one step holds, and judges the book that it leaves. */
  async play(step: Step): Promise<void> {
    const { exchange, pacer, dataSet, paced } = this.#options
    if (!this.#opened || step.segment !== this.#segment) {
      const recorded = dataSet !== null && step.segment !== null
      const recording = recorded ? { dataSet, segment: step.segment, repetition: this.#repetition } : null
      await exchange.operator.open(this.symbol, recording)
      this.#opened = true
      this.#segment = step.segment
    }
    this.#heldTrades.push(...step.trades)
    this.#view = step.view
    if (this.#isBehind(step)) return this.#tally.leaveOut()
    const name = this.#name(step.updateId)
    this.#tally.trades(await this.lane.take(this.#heldTrades.splice(0), name))
    await this.lane.quote(step.view, name)
    this.#tally.step(paced ? pacer.lag(step.time) : null)
    await this.#judge(step)
  }

  /** Withdraws the quotes, trades the taker's inventory back, and pauses the market. */
  async finish(): Promise<MarketReport> {
    const { exchange, listing, tell } = this.#options
    if (this.#opened) {
      await this.lane.withdraw(this.#name('end'))
      const { instrument, base } = listing
      const flat = await flatten(instrument, base.scale, this.#view, exchange.maker, exchange.taker, this.#name('flat'))
      if (flat !== null) tell(`${this.symbol}: inventory traded back: ${flat}`)
      await this.clear()
      await exchange.operator.pause(this.symbol)
    }
    this.#heldTrades = []
    return this.#tally.report(this.lane.refusals)
  }

  #name(part: number | string): string {
    return `${this.#options.run}.${this.#repetition}.${this.symbol}.${part}`
  }

  #isBehind(step: Step): boolean {
    const { pacer, clock, tell } = this.#options
    const lag = pacer.lag(step.time)
    if (lag <= MAX_LAG_MS) return false
    if (clock.now() - this.#toldBehindAt >= TELL_BEHIND_MS) {
      this.#toldBehindAt = clock.now()
      tell(`${this.symbol}: ${Math.round(lag)} ms behind the recording: leaving out books to catch up`)
    }
    return true
  }

  async #judge(step: Step): Promise<void> {
    if (this.#watch === null || step.touch === null) return
    const shown = await this.#watch.confirm(this.lane.resting())
    this.#tally.judge(shown === null ? null : compareTouch(this.#options.listing.instrument, shown, step.touch))
  }
}
