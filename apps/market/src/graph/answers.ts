import { z } from 'zod'

const refusal = { code: z.string(), message: z.string() }
const asset = z.object({ code: z.string(), scale: z.number().int() })
const level = z.object({ price: z.string(), quantity: z.string() })

export const marketsAnswer = z.object({
  markets: z.array(
    z.object({ symbol: z.string(), tickSize: z.string(), lotSize: z.string(), baseAsset: asset, quoteAsset: asset }),
  ),
})

export const meAnswer = z.object({ me: z.object({ id: z.string() }) })

/** `portfolio` is null until the account, which is opened by an event, is there. */
export const balancesAnswer = z.object({
  portfolio: z
    .object({
      accountId: z.string(),
      balances: z.array(z.object({ asset, total: z.string(), available: z.string() })),
    })
    .nullable(),
})

export const openOrdersAnswer = z.object({
  orders: z
    .object({
      edges: z.array(z.object({ node: z.object({ id: z.string() }) })),
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    })
    .nullable(),
})

const placed = z.object({
  __typename: z.literal('OrderPlaced'),
  replayed: z.boolean(),
  order: z.object({ remainingQuantity: z.string() }),
  fills: z.array(z.object({ tradeId: z.string(), price: z.string(), quantity: z.string() })),
})
const refused = z.object({ __typename: z.string(), ...refusal })
const cancel = z.union([z.object({ __typename: z.literal('OrderCancelled') }), refused])
const order = z.union([placed, refused])

export const submitOrderBatchAnswer = z.object({
  submitOrderBatch: z.union([
    z.object({ __typename: z.literal('OrderBatch'), cancels: z.array(cancel), orders: z.array(order) }),
    refused,
  ]),
})

/** The exchange's word on one order. */
export type OrderAnswer = z.infer<typeof order>
export type PlacedAnswer = z.infer<typeof placed>
export const isPlaced = (answer: OrderAnswer): answer is PlacedAnswer => answer.__typename === 'OrderPlaced'

const done = (typename: string) => z.union([z.object({ __typename: z.literal(typename) }), refused])
export const setMarketStatusAnswer = z.object({ setMarketStatus: done('MarketStatusSet') })
export const creditAccountAnswer = z.object({ creditAccount: done('AccountCredited') })

export const assignRiskProfileAnswer = z.object({ assignRiskProfile: done('SettingChanged') })
export const riskProfileAnswer = z.object({ riskProfile: z.object({ name: z.string() }).nullable() })

export const tradeEvent = z.object({
  trades: z.object({ id: z.string(), price: z.string(), takerSide: z.enum(['BUY', 'SELL']) }),
})
export const orderBookEvent = z.object({
  orderBook: z.object({ kind: z.enum(['SNAPSHOT', 'DELTA']), bids: z.array(level), asks: z.array(level) }),
})
export type OrderBookEvent = z.infer<typeof orderBookEvent>['orderBook']
