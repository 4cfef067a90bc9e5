import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@opsource/kernel'
import type { Ports } from '@opsource/subgraph'
import type { PortfolioAssessment } from './assessment.ts'
import type { CalculatorRefusal, RiskCalculator } from './calculator.ts'
import {
  afterOrder,
  type Balances,
  type Holdings,
  type HoldingsRefusal,
  positionsOf,
  priceBalances,
  type ThoughtOrder,
} from './holdings.ts'
import type { HistoryRefusal } from './joint-history.ts'
import type { Quote, Quotes } from './quotes.ts'
import type { PriceHistory } from './returns.ts'

/** Figures of so many portfolios and orders are kept, some 10 kB each. */
const MAX_KEPT = 500
/** A price that has moved by more makes figures old. */
const TOLERANCE = 0.005
const DAY_MS = 86_400_000

export interface DeskParts {
  readonly ports: Pick<Ports, 'clock'>
  readonly symbols: readonly string[]
  readonly quotes: Pick<Quotes, 'of'>
  readonly calculator: Pick<RiskCalculator, 'ask'>
  /** Which reference market stands for one without a past of its own. */
  readonly proxies: ReadonlyMap<string, string>
  /** The daily bars that a market has of its own; null where they are too few to tell anything. */
  readonly ownHistory: (symbol: string) => Promise<PriceHistory | null>
}

/** A portfolio as it was priced, and what it may lose; null where it holds nothing at risk. */
export interface PricedAssessment {
  readonly holdings: Holdings
  readonly pricedAt: number
  readonly assessment: PortfolioAssessment
}

export interface OrderEffect {
  readonly order: ThoughtOrder
  readonly quote: Quote
  readonly before: PricedAssessment | null
  readonly after: PricedAssessment | null
}

export type RiskRefusal =
  | HoldingsRefusal
  | HistoryRefusal
  | CalculatorRefusal
  | { readonly kind: 'NOTHING_AT_RISK' | 'NO_PORTFOLIO' }

type Assessed = Result<readonly (PricedAssessment | null)[], RiskRefusal>

/** Who asks the same gets the same. */
interface Question {
  readonly balances: Balances
  readonly horizonDays: number
  readonly order?: ThoughtOrder
}

interface Kept {
  readonly day: number
  readonly prices: ReadonlyMap<string, number>
  readonly assessed: Promise<Assessed>
}

/** Answers questions about risk from what was computed before, or has it computed once for all who ask the same. */
export class RiskDesk {
  readonly #parts: DeskParts
  readonly #markets: ReadonlySet<string>
  readonly #kept = new Map<string, Kept>()
  #own: { readonly day: number; readonly histories: Promise<ReadonlyMap<string, PriceHistory>> } | undefined

  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#markets = new Set(parts.symbols)
  }

  knows(symbol: string): boolean {
    return this.#markets.has(symbol)
  }

  /** @param caller who asks: a user's id @param horizonDays 2 to 20 */
  async assess(
    caller: string,
    balances: Balances,
    horizonDays: number,
  ): Promise<Result<PricedAssessment, RiskRefusal>> {
    const priced = await this.#price(balances)
    if (!priced.ok) return priced
    if (priced.value.held.length === 0) return err({ kind: 'NOTHING_AT_RISK' })
    const assessed = await this.#assessed(caller, [priced.value], { balances, horizonDays })
    if (!assessed.ok) return assessed
    const [portfolio] = assessed.value
    return portfolio ? ok(portfolio) : err({ kind: 'NOTHING_AT_RISK' })
  }

  /** @param caller who asks: a user's id @param order in a market that there is @param horizonDays 2 to 20 */
  async assessOrder(
    caller: string,
    balances: Balances,
    order: ThoughtOrder,
    horizonDays: number,
  ): Promise<Result<OrderEffect, RiskRefusal>> {
    const before = await this.#price(balances)
    if (!before.ok) return before
    const quote = before.value.quotes.get(order.market) ?? (await this.#parts.quotes.of(order.market))
    if (!quote || quote.price === null) return err({ kind: 'NO_PRICE', markets: [order.market] })
    const after = afterOrder(before.value, order, { ...quote, price: quote.price })
    const assessed = await this.#assessed(caller, [before.value, after], { balances, horizonDays, order })
    if (!assessed.ok) return assessed
    const [was = null, is = null] = assessed.value
    return ok({ order, quote, before: was, after: is })
  }

  #price(balances: Balances): Promise<Result<Holdings, HoldingsRefusal>> {
    return priceBalances(balances, this.#markets, (market) => this.#parts.quotes.of(market))
  }

  #assessed(caller: string, portfolios: readonly Holdings[], question: Question): Promise<Assessed> {
    const key = createHash('sha256').update(JSON.stringify(question)).digest('base64url')
    const now = this.#parts.ports.clock.now()
    const day = Math.floor(now / DAY_MS)
    const prices = new Map(portfolios.flatMap(({ held }) => held.map(({ market, price }) => [market, price])))
    const known = this.#kept.get(key)
    this.#kept.delete(key)
    if (known?.day === day && areClose(known.prices, prices)) {
      this.#kept.set(key, known)
      return known.assessed
    }
    const kept = { day, prices, assessed: this.#compute(caller, portfolios, question.horizonDays, now) }
    this.#kept.set(key, kept)
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value ?? key)
    const forget = () => this.#kept.get(key) === kept && this.#kept.delete(key)
    // What could not be told now may be told in a moment.
    kept.assessed.then(({ ok: told }) => told || forget(), forget)
    return kept.assessed
  }

  async #compute(
    caller: string,
    portfolios: readonly Holdings[],
    horizonDays: number,
    pricedAt: number,
  ): Promise<Assessed> {
    const answer = await this.#parts.calculator.ask(caller, {
      portfolios: portfolios.map(positionsOf),
      histories: await this.#ownHistories(Math.floor(pricedAt / DAY_MS)),
      proxies: this.#parts.proxies,
      horizonDays,
    })
    if (!answer.ok) return answer
    return ok(
      portfolios.map((holdings, index) => {
        const assessment = answer.value[index]
        return assessment ? { holdings, pricedAt, assessment } : null
      }),
    )
  }

  /** Read once a day: a day brings one bar. */
  #ownHistories(day: number): Promise<ReadonlyMap<string, PriceHistory>> {
    if (this.#own?.day === day) return this.#own.histories
    const histories = this.#readOwnHistories()
    this.#own = { day, histories }
    histories.catch(() => {
      this.#own = undefined
    })
    return histories
  }

  async #readOwnHistories(): Promise<ReadonlyMap<string, PriceHistory>> {
    const histories = new Map<string, PriceHistory>()
    for (const symbol of this.#markets) {
      const own = await this.#parts.ownHistory(symbol)
      if (own) histories.set(symbol, own)
    }
    return histories
  }
}

function areClose(known: ReadonlyMap<string, number>, prices: ReadonlyMap<string, number>): boolean {
  const isClose = ([market, price]: [string, number]) => Math.abs((known.get(market) ?? 0) / price - 1) <= TOLERANCE
  return known.size === prices.size && [...prices].every(isClose)
}
