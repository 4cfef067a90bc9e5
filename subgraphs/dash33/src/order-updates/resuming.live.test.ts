import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'

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

const MAKER = 'usr_maker'
const TAKER = 'usr_taker'

test('who comes back after a restart reads their fills on, and is told that changes of orders may be missing', async () => {
  await exchange.credit(MAKER, 'BTC', '1')
  await exchange.credit(TAKER, 'USDT', '100000')
  await exchange.place(MAKER, { clientOrderId: 'm-1', side: 'SELL', price: '60000.00', quantity: '0.50000' })
  await exchange.place(TAKER, { clientOrderId: 't-1', side: 'BUY', price: '60000.00', quantity: '0.20000' })
  await exchange.settled()
  await exchange.stop()
  exchange = await TestExchange.start(database.url)
  expect(
    await firstEvent(MAKER, 'subscription { fills(after: 0) { sequence fill { price liquidity } } }'),
  ).toMatchObject({
    data: { fills: { fill: { price: '60000.00', liquidity: 'MAKER' } } },
  })
  const updates = (after: number) => `subscription { orderUpdates(after: ${after}) { kind clientOrderId } }`
  expect(await firstEvent(MAKER, updates(0))).toMatchObject({ errors: [{ extensions: { code: 'SUBSCRIPTION_GAP' } }] })
  const { watermark } = ordersSeen.parse(await exchange.field(MAKER, '{ orders { watermark } }'))
  await exchange.cancel(MAKER, { clientOrderId: 'm-1' })
  expect(await firstEvent(MAKER, updates(watermark))).toEqual({
    data: { orderUpdates: { kind: 'CLOSED', clientOrderId: 'm-1' } },
  })
  expect(await firstEvent(MAKER, updates(watermark + 1_000))).toMatchObject({
    errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
  })
})

const ordersSeen = z.object({ watermark: z.number() })

async function firstEvent(userId: string, query: string): Promise<unknown> {
  const authorization = `Bearer ${await exchange.ports.token({ userId, roles: ['TRADER'] })}`
  const results = exchange.subgraph.subscribe({ body: JSON.stringify({ query }), headers: { authorization } })
  const { value } = await results.next()
  await results.return?.()
  return JSON.parse(value)
}
