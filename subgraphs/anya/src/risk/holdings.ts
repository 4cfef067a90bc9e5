import { err, ok, type Result } from '@opsource/kernel'
import { z } from 'zod'
import type { Position } from './portfolio.ts'
import type { Quote } from './quotes.ts'

/** What every amount is told in; of it nothing is at risk. Reference markets are in dollars: one is taken for the other. */
export const CURRENCY = 'USDT'

const MAX_ASSETS = 64
const decimal = z
  .string()
  .max(40)
  .regex(/^-?\d+(\.\d+)?$/)

/** What dash33 tells of a portfolio through the gateway. */
export const balancesSchema = z
  .array(z.object({ asset: z.object({ code: z.string().max(16) }), total: decimal }))
  .max(MAX_ASSETS)

export type Balances = z.infer<typeof balancesSchema>

/** How much is held of a market's base asset. */
export interface Holding {
  readonly market: string
  readonly quantity: number
  /** In the currency, a unit. */
  readonly price: number
}

/** A portfolio at one moment's prices. */
export interface Holdings {
  readonly cash: number
  readonly held: readonly Holding[]
  readonly quotes: ReadonlyMap<string, Quote>
}

export type HoldingsRefusal = { readonly kind: 'NO_MARKET' | 'NO_PRICE'; readonly markets: readonly string[] }

export const marketOf = (asset: string): string => `${asset}-${CURRENCY}`

/** Prices what is held. @param markets those that there are */
export async function priceBalances(
  balances: Balances,
  markets: ReadonlySet<string>,
  quoteOf: (market: string) => Promise<Quote | null>,
): Promise<Result<Holdings, HoldingsRefusal>> {
  const cash = balances.filter(({ asset }) => asset.code === CURRENCY)
  const held = balances.filter(({ asset, total }) => asset.code !== CURRENCY && Number(total) !== 0)
  const strange = held.filter(({ asset }) => !markets.has(marketOf(asset.code)))
  if (strange.length > 0) return err({ kind: 'NO_MARKET', markets: strange.map(({ asset }) => asset.code) })
  const quotes = new Map<string, Quote>()
  const unpriced: string[] = []
  const holdings: Holding[] = []
  for (const { asset, total } of held) {
    const market = marketOf(asset.code)
    const quote = await quoteOf(market)
    if (!quote || quote.price === null) unpriced.push(market)
    else {
      quotes.set(market, quote)
      holdings.push({ market, quantity: Number(total), price: quote.price })
    }
  }
  if (unpriced.length > 0) return err({ kind: 'NO_PRICE', markets: unpriced })
  return ok({ cash: cash.reduce((sum, { total }) => sum + Number(total), 0), held: holdings, quotes })
}

export const positionsOf = ({ held }: Pick<Holdings, 'held'>): Position[] =>
  held.map(({ market, quantity, price }) => ({ market, value: quantity * price }))

export const worthOf = (holdings: Pick<Holdings, 'cash' | 'held'>): number =>
  positionsOf(holdings).reduce((sum, { value }) => sum + value, holdings.cash)

/** An order as if it were filled whole. */
export interface ThoughtOrder {
  readonly market: string
  /** In the base asset: above zero what is bought, below what is sold. */
  readonly quantity: number
  /** What a unit is traded at; null for the market's own price. */
  readonly price: number | null
}

export function afterOrder(
  holdings: Holdings,
  order: ThoughtOrder,
  quote: Quote & { readonly price: number },
): Holdings {
  const { market, quantity } = order
  const before = holdings.held.find((holding) => holding.market === market)
  const filled = { market, quantity: (before?.quantity ?? 0) + quantity, price: quote.price }
  const others = holdings.held.filter((holding) => holding !== before)
  return {
    cash: holdings.cash - quantity * (order.price ?? quote.price),
    held: isNothing(filled.quantity, before?.quantity) ? others : [...others, filled],
    quotes: new Map([...holdings.quotes, [market, quote]]),
  }
}

/** Sums of decimals in floating point leave a rest: a billionth of what was there is nothing. */
const isNothing = (left: number, before = 0) => Math.abs(left) <= 1e-9 * Math.abs(before)
