import { parseDecimal } from '@opsource/kernel'
import type { CreateStrategyInput } from '../generated/graphql.ts'
import { findInstrument, type Increment, parseIncrements } from '../market/instruments.ts'
import { type InvalidInputAnswer, invalidInput, type UnknownMarketAnswer, unknownMarket } from '../market/refusals.ts'
import type { Strategy } from './strategy.ts'

const CLIENT_ID = /^[A-Za-z0-9_:.-]{1,64}$/
const RATIO_SCALE = 10_000
const MIN_RATIO = 0.5
const MAX_SLIPPAGE_BPS = 1_000
const MAX_ORDERS_PER_DAY = 10_000
/** As the schema says. */
const DEFAULT_ORDERS_PER_DAY = 100
const DEFAULT_SLIPPAGE_PERCENT = '0.10'

/** A strategy's terms without what the exchange gives it. */
export type StrategyTerms = Omit<Strategy, 'id' | 'userId'> & { readonly clientStrategyId: string }
type Fault = InvalidInputAnswer | UnknownMarketAnswer

const refused = (field: string, message: string): { readonly fault: Fault } => ({
  fault: invalidInput(`input.${field}`, message),
})

/** Reads what a strategy may do. */
export function readStrategy(
  input: CreateStrategyInput,
): { readonly terms: StrategyTerms } | { readonly fault: Fault } {
  const { clientStrategyId, minProbability } = input
  const maxOrdersPerDay = input.maxOrdersPerDay ?? DEFAULT_ORDERS_PER_DAY
  if (!CLIENT_ID.test(clientStrategyId)) {
    return refused('clientStrategyId', '1 to 64 letters, digits, `-`, `_`, `:` or `.`.')
  }
  const instrument = findInstrument(input.symbol)
  if (!instrument) return { fault: unknownMarket(input.symbol) }
  const ratio = Math.round(minProbability * RATIO_SCALE)
  if (!(minProbability >= MIN_RATIO && minProbability <= 1)) return refused('minProbability', 'From 0.5 to 1.')
  const orderQuantity = amount(input.orderQuantity, instrument.lot)
  if (orderQuantity === null) return refused('orderQuantity', 'A multiple of the market’s lot above zero.')
  const maxPosition = amount(input.maxPosition, instrument.lot)
  if (maxPosition === null) return refused('maxPosition', 'A multiple of the market’s lot above zero.')
  const slippage = parseDecimal(input.maxSlippagePercent ?? DEFAULT_SLIPPAGE_PERCENT, 2)
  if (!slippage.ok || slippage.value < 0n || slippage.value > BigInt(MAX_SLIPPAGE_BPS)) {
    return refused('maxSlippagePercent', 'From 0 to 10, with at most two decimal places.')
  }
  if (maxOrdersPerDay < 1 || maxOrdersPerDay > MAX_ORDERS_PER_DAY) {
    return refused('maxOrdersPerDay', `From 1 to ${MAX_ORDERS_PER_DAY}.`)
  }
  const maxDailyLoss = amount(input.maxDailyLoss, { units: 1, scale: instrument.quoteScale })
  if (maxDailyLoss === null) return refused('maxDailyLoss', 'An amount of the quote asset above zero.')
  return {
    terms: {
      clientStrategyId,
      symbol: instrument.symbol,
      minProbability: ratio,
      orderQuantity,
      maxPosition,
      maxSlippageBps: Number(slippage.value),
      maxOrdersPerDay,
      maxDailyLoss: BigInt(maxDailyLoss),
      tradeInSample: input.tradeInSample ?? false,
    },
  }
}

/** Whether two strategies may do the same. */
export function hasSameTerms(a: StrategyTerms, b: StrategyTerms): boolean {
  return (
    a.symbol === b.symbol &&
    a.minProbability === b.minProbability &&
    a.orderQuantity === b.orderQuantity &&
    a.maxPosition === b.maxPosition &&
    a.maxSlippageBps === b.maxSlippageBps &&
    a.maxOrdersPerDay === b.maxOrdersPerDay &&
    a.maxDailyLoss === b.maxDailyLoss &&
    a.tradeInSample === b.tradeInSample
  )
}

function amount(text: string, increment: Increment): number | null {
  const read = parseIncrements(text, increment)
  return read.ok ? read.value : null
}
