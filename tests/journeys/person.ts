import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { z } from 'zod'
import { EVENTUALLY, type Trader } from './venue.ts'

const ORDER = `id clientOrderId type timeInForce status cancelReason price stopPrice quantity filledQuantity remainingQuantity averagePrice expiresAt role`
const REFUSED = `... on Refusal { code } ... on InvalidOrder { field } ... on RiskLimitExceeded { rule limit observed headroom }`
const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) { __typename ... on OrderPlaced { replayed order { ${ORDER} } fills { price quantity } } ${REFUSED} } }`
export const PLACE_MANY = `mutation PlaceMany($input: PlaceOrdersInput!) {
  placeOrders(input: $input) { __typename ... on OrdersPlaced { results { __typename ... on OrderPlaced { order { status } } ${REFUSED} } } } }`
export const PLACE_OCO = `mutation Oco($input: PlaceOcoInput!) {
  placeOco(input: $input) { __typename ... on OcoPlaced { limitOrder { ${ORDER} linkedOrders { id } } stopOrder { ${ORDER} } } ${REFUSED} } }`
export const PLACE_BRACKET = `mutation Bracket($input: PlaceBracketInput!) {
  placeBracket(input: $input) { __typename ... on BracketPlaced { entry { ${ORDER} } takeProfit { ${ORDER} } stopLoss { ${ORDER} } } ${REFUSED} } }`
export const AMEND = `mutation Amend($input: AmendOrderInput!) {
  amendOrder(input: $input) { __typename ... on OrderAmended { keptPriority order { ${ORDER} } fills { price quantity executedAt } } ${REFUSED} } }`
export const CANCEL_ALL = `mutation CancelAll($input: CancelAllOrdersInput!) {
  cancelAllOrders(input: $input) { __typename ... on OrdersCancelled { orderIds } } }`
export const CANCEL_AFTER = `mutation CancelAfter($input: CancelAllOrdersAfterInput!) {
  cancelAllOrdersAfter(input: $input) { __typename ... on CancelAllOrdersAfterSet { at } ... on Refusal { code } } }`
const LOOK = `query Look($id: ID!) { order(id: $id) { ${ORDER} linkedOrders { role status cancelReason } fills { edges { node { price quantity liquidity feeAsset } } } } }`

export const orderSchema = z.object({ id: z.string(), status: z.string(), clientOrderId: z.string() }).loose()
const placedSchema = z.object({
  placeOrder: z.object({ __typename: z.literal('OrderPlaced'), order: orderSchema }).loose(),
})
/** One person's orders in BTC-USDT. */
export class Person {
  readonly trader: Trader

  constructor(trader: Trader) {
    this.trader = trader
  }

  /** A limit order unless it says otherwise. */
  async ask(order: Record<string, unknown>): Promise<Record<string, unknown>> {
    const input = { clientOrderId: randomUUID(), symbol: 'BTC-USDT', type: 'LIMIT', ...order }
    return this.change(PLACE, input)
  }

  /** Places what must be accepted. */
  async place(order: Record<string, unknown>) {
    return placedSchema.parse({ placeOrder: await this.ask(order) }).placeOrder.order
  }

  /** @returns the answer to a mutation with one input. */
  async change(mutation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { data, text } = await this.trader.visitor.ask(mutation, { input })
    const [answer] = Object.values(data ?? {})
    const parsed = z.record(z.string(), z.unknown()).safeParse(answer)
    if (!parsed.success) throw new Error(text)
    return parsed.data
  }

  async look(id: string): Promise<Record<string, unknown>> {
    const answer = z.object({ order: z.record(z.string(), z.unknown()) })
    return (await this.trader.visitor.get(answer, LOOK, { id })).order
  }

  /** Waits until an order has come to stand as expected. */
  becomes(id: string, expected: Record<string, unknown>): Promise<void> {
    return expect.poll(() => this.look(id), EVENTUALLY).toMatchObject(expected)
  }
}
