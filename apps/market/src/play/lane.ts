import { isPlaced, type OrderAnswer } from '../graph/index.ts'
import { EMPTY_VIEW, type Quote, type QuoteAnswer, type QuoteChange, Quotes, type Side } from '../maker/index.ts'
import type { Instrument, RecordedTrade, Ticks, View } from '../recording/index.ts'
import { MAX_BATCH, type OrderInput, type Trader } from '../session/index.ts'

/** Own trades kept by id, to tell them from others' in the stream of trades: some 10 s of the busiest recorded moment. */
const MAX_OWN_TRADES = 10_000

/** How one recorded trade came out. */
export type TradeOutcome = 'filled' | 'partly' | 'missed'

/** What an account of the market is refused for, and how often. */
export type Refusals = Map<string, number>

/** One market's order flow: the taker's recorded trades, then the maker's change to the recorded book, each after the answer to the one before. */
export class Lane {
  readonly instrument: Instrument
  readonly refusals: Refusals = new Map()
  readonly #maker: Trader
  readonly #taker: Trader
  readonly #quotes = new Quotes()
  readonly #ownTrades = new Set<string>()

  constructor(instrument: Instrument, maker: Trader, taker: Trader) {
    this.instrument = instrument
    this.#maker = maker
    this.#taker = taker
  }

  /** Sends recorded trades, in order. @param name begins their keys. @returns how each came out. */
  async take(trades: readonly RecordedTrade[], name: string): Promise<readonly TradeOutcome[]> {
    const outcomes: TradeOutcome[] = []
    for (let at = 0; at < trades.length; at += MAX_BATCH) {
      const part = trades.slice(at, at + MAX_BATCH)
      const answers = await this.#taker.submit(
        [],
        part.map((trade) => this.#takerOrder(trade, name)),
      )
      for (const [index, trade] of part.entries()) outcomes.push(this.#takeAnswer(trade, answers[index]))
    }
    return outcomes
  }

  /** Makes exactly the view rest, but for what trades at this very moment. @param name begins the new orders' keys. */
  async quote(view: View, name: string): Promise<void> {
    const change = this.#quotes.changeTo(view, (side, price) => `${name}.${side[0]}${price}`)
    if (change.cancels.length + change.orders.length === 0) return
    const answers = await this.#maker.submit(
      change.cancels.map((clientOrderId) => ({ clientOrderId })),
      change.orders.map((quote) => this.#makerOrder(quote)),
    )
    this.#quotes.settle(change, this.#quoteAnswers(change, answers))
  }

  /** Takes all quotes off the book. */
  async withdraw(name: string): Promise<void> {
    await this.quote(EMPTY_VIEW, name)
  }

  /** What should be on the book now, by the exchange's answers. */
  resting(): View {
    return this.#quotes.view()
  }

  /** Hears of any trade of the market: where it is another's, the maker's quote at its price is not what it was. */
  hearTrade(tradeId: string, takerSide: Side, price: Ticks): void {
    if (!this.#ownTrades.has(tradeId)) this.#quotes.touch(opposite(takerSide), price)
  }

  /** Hears that trades of the market may have been missed. */
  hearGap(): void {
    this.#quotes.touchAll()
  }

  #takerOrder(trade: RecordedTrade, name: string): OrderInput {
    return {
      clientOrderId: `${name}.T${trade.tradeId}`,
      symbol: this.instrument.symbol,
      side: trade.takerSide,
      type: 'LIMIT',
      timeInForce: 'IOC',
      price: this.instrument.price(this.instrument.ticks(trade.price)),
      quantity: this.instrument.quantity(this.instrument.lotsWithin(trade.quantity)),
    }
  }

  #makerOrder({ clientOrderId, side, price, quantity }: Quote): OrderInput {
    const terms = { price: this.instrument.price(price), quantity: this.instrument.quantity(quantity) }
    return { clientOrderId, symbol: this.instrument.symbol, side, type: 'LIMIT', timeInForce: 'GTC', ...terms }
  }

  #takeAnswer(trade: RecordedTrade, answer: OrderAnswer | undefined): TradeOutcome {
    if (answer === undefined || !isPlaced(answer)) return this.#refused(answer, 'missed')
    for (const fill of answer.fills) {
      this.#remember(fill.tradeId)
      this.#quotes.touch(opposite(trade.takerSide), this.instrument.ticks(fill.price))
    }
    if (answer.fills.length === 0) return 'missed'
    return this.instrument.lots(answer.order.remainingQuantity) === 0 ? 'filled' : 'partly'
  }

  #quoteAnswers(change: QuoteChange, answers: readonly OrderAnswer[]): QuoteAnswer[] {
    return change.orders.map((_, at) => {
      const answer = answers[at]
      if (answer === undefined || !isPlaced(answer)) return this.#refused(answer, { accepted: false })
      const remaining = this.instrument.lots(answer.order.remainingQuantity)
      return { accepted: true, remaining, touched: answer.replayed || answer.fills.length > 0 }
    })
  }

  #refused<T>(answer: OrderAnswer | undefined, outcome: T): T {
    const code = answer !== undefined && 'code' in answer ? answer.code : 'NO_ANSWER'
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    return outcome
  }

  #remember(tradeId: string): void {
    this.#ownTrades.add(tradeId)
    if (this.#ownTrades.size <= MAX_OWN_TRADES) return
    for (const oldest of this.#ownTrades) {
      this.#ownTrades.delete(oldest)
      break
    }
  }
}

const opposite = (side: Side): Side => (side === 'BUY' ? 'SELL' : 'BUY')
