import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'
import { LIMITS } from '../engine/limits.ts'

let database: FreshDatabase
let exchange: TestExchange

beforeEach(async () => {
  database = await freshDatabase('dash33')
  exchange = await TestExchange.start(database.url)
})

afterEach(async () => {
  await exchange.stop()
  await database.drop()
})

const USER = 'usr_busy'
const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { __typename
  ... on OrderPlaced { replayed order { id status } fills { tradeId } } ... on Refusal { code } ... on ClientOrderIdReused { orderId } } }`
const PLACE_MANY = `mutation ($input: PlaceOrdersInput!) { placeOrders(input: $input) {
  ... on OrdersPlaced { results { __typename ... on Refusal { code } } } } }`
const placed = z.object({ replayed: z.boolean(), order: z.object({ id: z.string() }) })
const answers = z.object({ results: z.array(z.object({ code: z.string().optional() })) })

const orderOf = (clientOrderId: string) => ({
  clientOrderId,
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'IOC',
  price: '1.00',
  quantity: '0.01',
})

/** Orders that find nobody and close at once, as many as are given; the rate limit is waited for. */
async function closeOrders(keys: readonly string[]): Promise<void> {
  let waiting = keys
  while (waiting.length > 0) {
    const batch = waiting.slice(0, 500)
    const { results } = answers.parse(await exchange.field(USER, PLACE_MANY, { input: { orders: batch.map(orderOf) } }))
    const refused = batch.filter((_, i) => results[i]?.code !== undefined)
    waiting = [...waiting.slice(500), ...refused]
  }
}

test('a key that the engine has forgotten is still its order’s, also after a restart', async () => {
  await exchange.credit(USER, 'USDT', '1000')
  const place = (order: object) => exchange.field(USER, PLACE, { input: order })
  const first = placed.parse(await place(orderOf('the-first')))
  await closeOrders(Array.from({ length: LIMITS.closedOrdersPerAccount + 1 }, (_, i) => `k-${i}`))
  await exchange.settled()

  const again = {
    __typename: 'OrderPlaced',
    replayed: true,
    order: { id: first.order.id, status: 'CANCELLED' },
    fills: [],
  }
  const reused = { code: 'CLIENT_ORDER_ID_REUSED', orderId: first.order.id }
  expect(await place(orderOf('the-first'))).toEqual(again)
  expect(await place({ ...orderOf('the-first'), price: '2.00' })).toMatchObject(reused)
  expect(await place(orderOf('a-new-one'))).toMatchObject({ replayed: false })

  await exchange.stop()
  exchange = await TestExchange.start(database.url)
  expect(await place(orderOf('the-first'))).toEqual(again)
  expect(await place({ ...orderOf('the-first'), quantity: '0.02' })).toMatchObject(reused)
})
