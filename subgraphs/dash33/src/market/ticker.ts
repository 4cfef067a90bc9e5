import { formatDecimal } from '@opsource/kernel'
import type { RollingDay } from '../candles/index.ts'
import { type MarketFeed, StateStream } from '../market-data/index.ts'
import type { TickerParent } from '../parents.ts'
import { formatIncrements, instrumentOf } from './instruments.ts'

/** Decimal places of a change in percent. */
const PERCENT_SCALE = 2

/** What a market's ticker is made from: the best prices of its book, and the trades of its last day. */
export interface TickerSource {
  readonly feed: MarketFeed
  readonly day: Pick<RollingDay, 'total' | 'lastPrice'>
}

/** The market as it is now; null before its stream is live. */
export function tickerOf({ feed: { market }, day }: TickerSource): TickerParent | null {
  if (!market) return null
  const { tick } = instrumentOf(market.symbol)
  const [bid, ask] = [market.bids.at(0), market.asks.at(0)]
  const price = (ticks: number | undefined | null) => (ticks == null ? null : formatIncrements(ticks, tick))
  return {
    symbol: market.symbol,
    sequence: market.sequence,
    bestBid: price(bid?.[0]),
    bestBidQuantity: bid ? market.quantity(bid[1]) : null,
    bestAsk: price(ask?.[0]),
    bestAskQuantity: ask ? market.quantity(ask[1]) : null,
    lastPrice: price(day.lastPrice),
    ...statisticsOf(market.symbol, day),
    time: market.time,
  }
}

function statisticsOf(symbol: string, { total }: TickerSource['day']) {
  const { tick, lot, quoteScale } = instrumentOf(symbol)
  const price = (ticks: number) => formatIncrements(ticks, tick)
  return {
    open: total ? price(total.open) : null,
    high: total ? price(total.high) : null,
    low: total ? price(total.low) : null,
    change: total ? formatDecimal((total.close - total.open) * tick.units, tick.scale) : null,
    changePercent: total ? percent(total.close - total.open, total.open) : null,
    volume: formatDecimal((total?.volume ?? 0n) * BigInt(lot.units), lot.scale),
    quoteVolume: formatDecimal(total?.quoteVolume ?? 0n, quoteScale),
    tradeCount: total?.tradeCount ?? 0,
  }
}

/** `part` of `whole` (above 0), rounded to the nearest hundredth of a percent, half away from zero. */
function percent(part: number, whole: number): string {
  const scaled = BigInt(Math.abs(part)) * 100n * 10n ** BigInt(PERCENT_SCALE)
  const rounded = (scaled * 2n + BigInt(whole)) / (BigInt(whole) * 2n)
  return formatDecimal(part < 0 ? -rounded : rounded, PERCENT_SCALE)
}

const TOLD = [
  'bestBid',
  'bestBidQuantity',
  'bestAsk',
  'bestAskQuantity',
  'lastPrice',
  'open',
  'high',
  'low',
  'volume',
  'tradeCount',
] as const

/** Whether a reader of `a` would learn nothing from `b`. */
const isSame = (a: TickerParent, b: TickerParent) => TOLD.every((field) => a[field] === b[field])

/** Serves the ticker subscriptions of one market. */
export class TickerWatchers extends StateStream<TickerParent> {
  constructor(source: TickerSource) {
    super(() => tickerOf(source), isSame)
    const changed = () => this.changed()
    source.feed.listen({ reset: changed, step: changed })
  }
}

/** Serves the subscriptions of all markets' tickers at once. */
export class TickerBoard extends StateStream<TickerParent[]> {
  constructor(sources: readonly TickerSource[]) {
    const all = () => sources.flatMap((source) => tickerOf(source) ?? [])
    super(all, (a, b) => a.length === b.length && a.every((ticker, i) => isSame(ticker, b[i]!)))
    const changed = () => this.changed()
    for (const { feed } of sources) feed.listen({ reset: changed, step: changed })
  }
}
