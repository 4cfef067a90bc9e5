import { BookSide, type Level } from './book.ts'
import { DecayingSum } from './decay.ts'
import { MidHistory } from './mid-history.ts'

/** What changed in a market, as dash33 publishes it: times in engine milliseconds, prices in ticks, quantities in lots. */
export interface MarketUpdate {
  readonly time: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  readonly trades: readonly { readonly quantity: number; readonly takerSide: 'BUY' | 'SELL' }[]
}

export type MarketBook = Pick<MarketUpdate, 'time' | 'bids' | 'asks'>

/** Flow and returns mean little before this much of them was seen. */
export const WARM_UP_MS = 5_000
const FLOW_WINDOWS_MS = [1_000, 5_000, 20_000] as const
const RETURN_WINDOWS_MS = [1_000, 5_000, 20_000] as const
const VOLATILITY_WINDOW_MS = 20_000
const DEPTH_WINDOW_MS = 20_000
/** Longest horizon plus the longest window that is read back. */
const HISTORY_MS = 60_000
const IMBALANCE_LEVELS = [1, 3, 5, 10] as const
const BPS = 10_000

/** Flows have heavy tails: signed logarithm of the flow in units of the usual depth at the top. */
const squash = (flow: number) => Math.sign(flow) * Math.log1p(Math.abs(flow))

/**
 * Computes a market's features from its updates alone, one by one, in bounded memory. Training replays recorded updates through it
 * and serving feeds live ones, so the two cannot differ. `sample` looks only at what came before and never changes the state.
 */
export class FeatureEngine {
  readonly #bids = new BookSide('BID')
  readonly #asks = new BookSide('ASK')
  readonly #history = new MidHistory(HISTORY_MS)
  #orderFlow: DecayingSum[] = []
  #tradeFlow: DecayingSum[] = []
  #tradeVolume = new DecayingSum(FLOW_WINDOWS_MS[1])
  #squaredReturns = new DecayingSum(VOLATILITY_WINDOW_MS)
  #depth = new DecayingSum(DEPTH_WINDOW_MS)
  #depthWeight = new DecayingSum(DEPTH_WINDOW_MS)
  #lastTime = Number.NEGATIVE_INFINITY
  #followedSince = Number.NEGATIVE_INFINITY
  #updates = 0

  constructor() {
    this.clear()
  }

  /** Engine time of the newest update, in milliseconds. */
  get lastTime(): number {
    return this.#lastTime
  }

  /** Engine time of the first book or update that is remembered, in milliseconds; in no way does anything depend on what came before. */
  get followedSince(): number {
    return this.#followedSince
  }

  /** Books and updates since then. */
  get updates(): number {
    return this.#updates
  }

  /** Forgets everything: the market paused, or too much of it was missed. */
  clear(): void {
    this.#bids.replace([])
    this.#asks.replace([])
    this.#history.clear()
    this.#orderFlow = FLOW_WINDOWS_MS.map((window) => new DecayingSum(window))
    this.#tradeFlow = FLOW_WINDOWS_MS.map((window) => new DecayingSum(window))
    this.#tradeVolume = new DecayingSum(FLOW_WINDOWS_MS[1])
    this.#squaredReturns = new DecayingSum(VOLATILITY_WINDOW_MS)
    this.#depth = new DecayingSum(DEPTH_WINDOW_MS)
    this.#depthWeight = new DecayingSum(DEPTH_WINDOW_MS)
    this.#lastTime = Number.NEGATIVE_INFINITY
    this.#followedSince = Number.NEGATIVE_INFINITY
    this.#updates = 0
  }

  /** Puts a whole book in place of the known one: no order flow is read from the difference. */
  replaceBook(book: MarketBook): void {
    this.#bids.replace(book.bids)
    this.#asks.replace(book.asks)
    this.#follow(book.time)
  }

  update(update: MarketUpdate): void {
    const before = this.#top()
    for (const level of update.bids) this.#bids.set(level)
    for (const level of update.asks) this.#asks.set(level)
    const after = this.#top()
    if (before && after) {
      const flow = sideFlow(before.bid, after.bid, 1) - sideFlow(before.ask, after.ask, -1)
      for (const sum of this.#orderFlow) sum.add(flow, update.time)
    }
    for (const trade of update.trades) this.#addTrade(trade, update.time)
    this.#follow(update.time)
  }

  /** @returns the mid price in ticks, or null while a side is empty. */
  mid(): number | null {
    const bid = this.#bids.bestPrice
    const ask = this.#asks.bestPrice
    return bid === undefined || ask === undefined || bid >= ask ? null : (bid + ask) / 2
  }

  /** @returns the mid price in ticks that was valid at `time`, or null where that is not remembered. */
  midAt(time: number): number | null {
    return this.#history.at(time) ?? null
  }

  /** @returns the features at `time` (not before the newest update) in the order of `FEATURES`, or null while warming up or one-sided. */
  sample(time: number): Float32Array | null {
    const mid = this.mid()
    const start = this.#history.startTime
    const now = Math.max(time, this.#lastTime)
    if (mid === null || start === undefined || now - start < WARM_UP_MS) return null
    const unit = Math.max(1, this.#depth.at(now) / (this.#depthWeight.at(now) || 1))
    const spread = ((this.#asks.bestPrice! - this.#bids.bestPrice!) / mid) * BPS
    const imbalances = IMBALANCE_LEVELS.map((levels) => this.#imbalance(levels))
    const values = Float32Array.from([
      ...imbalances,
      (spread / 2) * imbalances[0]!,
      ...this.#orderFlow.map((sum) => squash(sum.at(now) / unit)),
      ...this.#tradeFlow.map((sum) => squash(sum.at(now) / unit)),
      ...RETURN_WINDOWS_MS.map((window) => this.#returnBps(mid, now - window)),
      spread,
      Math.sqrt(this.#squaredReturns.at(now) / (VOLATILITY_WINDOW_MS / 1000)),
      Math.log1p(this.#tradeVolume.at(now) / unit),
    ])
    // A flow out of the market that has faded is -0, which no file tells from 0: then the vector would not be its own again.
    return values.map((value) => value + 0)
  }

  #top() {
    const bid = this.#bids.bestPrice
    const ask = this.#asks.bestPrice
    if (bid === undefined || ask === undefined) return null
    return {
      bid: { price: bid, quantity: this.#bids.bestQuantity },
      ask: { price: ask, quantity: this.#asks.bestQuantity },
    }
  }

  #addTrade(trade: MarketUpdate['trades'][number], time: number): void {
    const signed = trade.takerSide === 'BUY' ? trade.quantity : -trade.quantity
    for (const sum of this.#tradeFlow) sum.add(signed, time)
    this.#tradeVolume.add(trade.quantity, time)
  }

  #follow(time: number): void {
    this.#lastTime = Math.max(this.#lastTime, time)
    if (this.#updates === 0) this.#followedSince = time
    this.#updates++
    const mid = this.mid()
    if (mid === null) return
    const last = this.#history.last
    if (last !== undefined && last !== mid) this.#squaredReturns.add(((mid / last - 1) * BPS) ** 2, time)
    this.#history.record(this.#lastTime, mid)
    this.#depth.add((this.#bids.bestQuantity + this.#asks.bestQuantity) / 2, time)
    this.#depthWeight.add(1, time)
  }

  #imbalance(levels: number): number {
    const bids = this.#bids.depth(levels)
    const asks = this.#asks.depth(levels)
    return (bids - asks) / (bids + asks)
  }

  /** Over the window, or since the market is known where that is shorter. */
  #returnBps(mid: number, since: number): number {
    const past = this.#history.at(since) ?? this.#history.first
    return past === undefined ? 0 : (mid / past - 1) * BPS
  }
}

interface Top {
  readonly price: number
  readonly quantity: number
}

/**
 * Order flow of one side, in lots (Cont, Kukanov, Stoikov 2014, "The price impact of order book events"): a better price adds the new
 * queue, a worse one removes the old, an equal one adds the difference. `direction` is 1 for bids and -1 for asks.
 */
function sideFlow(before: Top, after: Top, direction: 1 | -1): number {
  if (after.price === before.price) return after.quantity - before.quantity
  return after.price * direction > before.price * direction ? after.quantity : -before.quantity
}
