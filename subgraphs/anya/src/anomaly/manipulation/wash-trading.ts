import { BoundedMap, type OrderFlowEvent, type Suspicion, type Traded } from './order-flow.ts'

/** Trades of a pair of accounts that are looked at together. */
const WINDOW_MS = 60_000
/** From so many trades on a pair that ends where it began is no coincidence. */
const ROUND_TRIP_TRADES = 4
/** Share of what a pair traded that may be left as a position. */
const LEFT_OVER = 0.05
/** Share of what rested for these trades that the pair itself traded: who meets a stranger's quote takes what he needs of it. */
const MET = 0.5
const PAIRS = 10_000
const ORDERS = 100_000
const REMEMBERED = 64

/**
 * Trades without a change of owner: between accounts of one user, or to and fro between two accounts that end where they began
 * (US Commodity Exchange Act § 4c(a); EU Regulation 596/2014, annex I, A). The orders of such a pair are made for each other; whoever
 * buys and sells a little of a maker's quotes, and is for a while the only one who does, is not its accomplice.
 */
export class WashTrading {
  readonly #pairs = new BoundedMap<string, Traded[]>(PAIRS)
  /** In lots, as placed. */
  readonly #placed = new BoundedMap<string, number>(ORDERS)

  /** @returns a suspicion where this event completes one */
  observe(event: OrderFlowEvent): Suspicion | undefined {
    if (event.type === 'ORDER_ACCEPTED') this.#placed.set(event.orderId, event.quantity)
    if (event.type !== 'TRADE') return undefined
    const { maker, taker } = event
    if (maker.userId === taker.userId)
      return suspicion([event], `both sides of ${event.quantity} lots belong to one user`)
    return this.#pair(event)
  }

  #pair(event: Traded): Suspicion | undefined {
    const key = [event.maker.accountId, event.taker.accountId].sort().join(' ').concat(` ${event.symbol}`)
    const recent = (this.#pairs.get(key) ?? []).filter(({ time }) => event.time - time <= WINDOW_MS)
    recent.push(event)
    if (recent.length > REMEMBERED) recent.shift()
    this.#pairs.set(key, recent)
    const volume = recent.reduce((sum, { quantity }) => sum + quantity, 0)
    const first = recent[0]!.maker.accountId
    const position = recent.reduce((sum, trade) => sum + (buyerOf(trade) === first ? 1 : -1) * trade.quantity, 0)
    if (recent.length < ROUND_TRIP_TRADES || Math.abs(position) > LEFT_OVER * volume) return undefined
    if (volume < MET * this.#rested(recent)) return undefined
    this.#pairs.delete(key)
    const milliseconds = event.time - recent[0]!.time
    return suspicion(
      recent,
      `${recent.length} trades of ${volume} lots between two accounts in ${milliseconds} ms left them ${Math.abs(position)} lots from where they began`,
    )
  }

  /** What rested for these trades, in lots; of an order placed before anya listened, what was traded of it. */
  #rested(trades: readonly Traded[]): number {
    const orders = new Map<string, number>()
    for (const { maker, quantity } of trades) orders.set(maker.orderId, (orders.get(maker.orderId) ?? 0) + quantity)
    return [...orders].reduce((sum, [orderId, traded]) => sum + Math.max(traded, this.#placed.get(orderId) ?? 0), 0)
  }
}

const buyerOf = ({ takerSide, maker, taker }: Traded) => (takerSide === 'BUY' ? taker : maker).accountId

function suspicion(trades: readonly Traded[], explanation: string): Suspicion {
  const first = trades[0]!
  return {
    kind: 'WASH_TRADING',
    symbol: first.symbol,
    accountIds: [...new Set([first.maker.accountId, first.taker.accountId])],
    from: first.time,
    to: trades.at(-1)!.time,
    orderIds: [...new Set(trades.flatMap(({ maker, taker }) => [maker.orderId, taker.orderId]))],
    tradeIds: trades.map(({ tradeId }) => tradeId),
    explanation,
  }
}
