import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, wholeKey } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { assetScale, instrumentOf } from '../market/index.ts'
import type { CostBasisParent, LotPlace, PositionParent } from '../parents.ts'
import { averagePriceOf, type MarkPrices, unrealisedOf, VALUE_ASSET, worthOf } from './valuation.ts'

/** A price in ticks and half ticks has one decimal more than the tick. */
const HALF_TICK_UNITS = 5

const instant = (time: number) => new Date(time).toISOString()
const base = (symbol: string, amount: bigint) => formatDecimal(amount, instrumentOf(symbol).baseScale)
const quote = (symbol: string, amount: bigint) => formatDecimal(amount, instrumentOf(symbol).quoteScale)
const quoteOrNull = (symbol: string, amount: bigint | null) => (amount === null ? null : quote(symbol, amount))

/** What a position cost and brought by each method. The cost first in, first out follows from what both methods have in common. */
export function costBasisOf(position: PositionParent, method: 'AVERAGE_COST' | 'FIFO'): CostBasisParent {
  const { symbol, quantity, cost, realised, fifoRealised } = position
  return method === 'AVERAGE_COST'
    ? { symbol, quantity, cost, realised }
    : { symbol, quantity, cost: cost - realised + fifoRealised, realised: fifoRealised }
}

/** The types that a real and a paper portfolio have in common. */
export function positionFields(
  markPrice: MarkPrices,
): Pick<Resolvers, 'Position' | 'CostBasis' | 'PositionLot' | 'EquityPoint' | 'Performance' | 'Drawdown'> {
  return {
    Position: {
      market: ({ symbol }) => ({ symbol }),
      quantity: ({ quantity, symbol }) => base(symbol, quantity),
      averagePrice: (position) => quoteOrNull(position.symbol, averagePriceOf(position)),
      realisedProfit: ({ realised, symbol }) => quote(symbol, realised),
      markPrice: ({ symbol }) => {
        const price = markPrice(symbol)
        const { tick } = instrumentOf(symbol)
        return price === null ? null : formatDecimal(price * 2 * tick.units * HALF_TICK_UNITS, tick.scale + 1)
      },
      marketValue: ({ symbol, quantity }) => {
        const price = markPrice(symbol)
        return price === null ? null : quote(symbol, worthOf(symbol, quantity, price))
      },
      averageCost: (position) => costBasisOf(position, 'AVERAGE_COST'),
      fifo: (position) => costBasisOf(position, 'FIFO'),
      fifoLots: async ({ readLots }, args) => {
        const page = pageOf(args, { keys: 2 })
        const place = (keys: typeof page.after): LotPlace | null => keys && [wholeKey(keys[0]), wholeKey(keys[1])]
        const lots = await readLots({
          after: place(page.after),
          before: place(page.before),
          backward: page.backward,
          limit: page.first + 1,
        })
        return connection(lots, page, ({ engineSequence, leg }) => [engineSequence, leg])
      },
      baseFees: ({ baseFees, symbol }) => base(symbol, baseFees),
      quoteFees: ({ quoteFees, symbol }) => quote(symbol, quoteFees),
    },
    CostBasis: {
      cost: ({ symbol, cost }) => quote(symbol, cost),
      price: (basis) => quoteOrNull(basis.symbol, averagePriceOf(basis)),
      realisedProfit: ({ symbol, realised }) => quote(symbol, realised),
      unrealisedProfit: (basis) => quoteOrNull(basis.symbol, unrealisedOf(basis, markPrice(basis.symbol))),
    },
    PositionLot: {
      acquiredAt: ({ acquiredAt }) => instant(acquiredAt),
      quantity: ({ symbol, quantity }) => base(symbol, quantity),
      cost: ({ symbol, cost }) => quote(symbol, cost),
      price: (lot) => quote(lot.symbol, averagePriceOf(lot) ?? 0n),
      unrealisedProfit: (lot) => quoteOrNull(lot.symbol, unrealisedOf(lot, markPrice(lot.symbol))),
    },
    EquityPoint: {
      time: ({ time }) => instant(time),
      equity: ({ equity }) => formatDecimal(equity, assetScale(VALUE_ASSET)),
      externalFlow: ({ externalFlow }) => formatDecimal(externalFlow, assetScale(VALUE_ASSET)),
    },
    Performance: {
      from: ({ from }) => (from === null ? null : instant(from)),
      to: ({ to }) => (to === null ? null : instant(to)),
      maxDrawdown: ({ maximumDrawdown }) => maximumDrawdown,
    },
    Drawdown: {
      peakAt: ({ peakAt }) => instant(peakAt),
      troughAt: ({ troughAt }) => instant(troughAt),
      recoveredAt: ({ recoveredAt }) => (recoveredAt === null ? null : instant(recoveredAt)),
    },
  }
}

/** Sums of what all positions realised and would still bring, in minor units of USDT; unknown where a price is missing. */
export function profitOf(
  positions: readonly PositionParent[],
  method: 'AVERAGE_COST' | 'FIFO',
  markPrice: MarkPrices,
): { readonly realised: bigint; readonly unrealised: bigint | null } {
  const valued = positions
    .filter(({ symbol }) => instrumentOf(symbol).quoteAsset === VALUE_ASSET)
    .map((position) => costBasisOf(position, method))
  let [realised, unrealised]: [bigint, bigint | null] = [0n, 0n]
  for (const basis of valued) {
    const open = unrealisedOf(basis, markPrice(basis.symbol))
    realised += basis.realised
    unrealised = unrealised === null || open === null ? null : unrealised + open
  }
  return { realised, unrealised }
}
