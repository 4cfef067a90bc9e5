import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { booksAgree } from '../journeys/books.ts'
import { type Platform, startPlatform } from '../journeys/stage.ts'
import { credit, EVENTUALLY, orderOf, quoteAsMaker, setStatus, Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'

/** Together half as much again as the engine lets wait; what the gateway's own pace keeps away from it is accepted in time. */
const BATCHES = 60
const ORDERS = 500
const BATCH = /* GraphQL */ `
  mutation Batch($input: OrderBatchInput!) {
    submitOrderBatch(input: $input) {
      __typename
      ... on OrderBatch { orders { __typename ... on Refusal { code } } }
      ... on Refusal { code }
    }
  }
`
const answered = z.object({ __typename: z.string(), code: z.string().optional() })
const batchSchema = z.object({ submitOrderBatch: answered.extend({ orders: z.array(answered).optional() }) })

let platform: Platform
let trader: Trader
let operator: Visitor

beforeAll(async () => {
  platform = await startPlatform('standalone')
  const visitor = new Visitor(platform.graphqlUrl)
  operator = visitor.as(await platform.operator())
  await setStatus(operator, 'BTC-USDT', 'TRADING')
  trader = await Trader.register(visitor, 'olga')
  await credit(operator, trader.userId, 'USDT', '100000000')
  await quoteAsMaker(operator, trader)
})
afterAll(() => platform?.stop())

test(`of ${BATCHES * ORDERS} orders at once each is accepted and kept, or refused by a documented code, and trading goes on`, async () => {
  const accepted: string[] = []
  const refusals = new Map<string, number>()
  const count = (what: string) => refusals.set(what, (refusals.get(what) ?? 0) + 1)
  const send = async () => {
    const orders = Array.from({ length: ORDERS }, () =>
      orderOf({ side: 'BUY', price: '100', quantity: '0.001', clientOrderId: randomUUID() }),
    )
    const { data, codes } = await trader.visitor.ask(BATCH, { input: { orders } })
    if (codes.length > 0) return codes.forEach(count)
    const { submitOrderBatch: batch } = batchSchema.parse(data)
    if (batch.orders === undefined) return count(batch.code ?? batch.__typename)
    for (const [at, answer] of batch.orders.entries()) {
      if (answer.__typename === 'OrderPlaced') accepted.push(orders[at]?.clientOrderId ?? '')
      else count(answer.code ?? answer.__typename)
    }
  }
  await Promise.all(Array.from({ length: BATCHES }, send))
  console.log(
    `${accepted.length} of ${BATCHES * ORDERS} orders accepted; refused: ${JSON.stringify(Object.fromEntries(refusals))}`,
  )
  const documented = [
    'ENGINE_UNAVAILABLE',
    'OUTCOME_UNKNOWN',
    'INSUFFICIENT_BALANCE',
    'SUBGRAPH_UNAVAILABLE',
    'TOO_MANY_REQUESTS',
  ]
  expect([...refusals.keys()].filter((code) => !documented.includes(code))).toEqual([])
  expect(accepted.length).toBeGreaterThan(0)
  await expect
    .poll(async () => Number((await trader.balances()).USDT?.held), EVENTUALLY)
    .toBeGreaterThanOrEqual(accepted.length / 10)
  const { order } = await trader.place({ side: 'BUY', price: '101', quantity: '0.001' })
  expect(order.status).toBe('OPEN')
  await booksAgree(operator, 1)
})
