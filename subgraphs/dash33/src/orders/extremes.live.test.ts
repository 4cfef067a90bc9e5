import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'

const PLACE = /* GraphQL */ `
  mutation ($input: PlaceOrderInput!) {
    placeOrder(input: $input) { __typename ... on OrderPlaced { order { id } } ... on Refusal { code message } }
  }
`
const ORDERS = /* GraphQL */ `
  { orders(first: 10) { edges { node { clientOrderId status price stopPrice trailingAmount quantity expiresAt } } } }
`

test('the latest expiry and the widest distance that the exchange accepts are stored as they are', async () => {
  const database = await freshDatabase('dash33')
  const exchange = await TestExchange.start(database.url)
  try {
    await exchange.credit('usr_1', 'USDT', '1000')
    await exchange.credit('usr_1', 'BTC', '1')
    const orders = [
      {
        clientOrderId: 'until-the-end-of-time',
        side: 'BUY',
        type: 'LIMIT',
        timeInForce: 'GTD',
        price: '1.00',
        quantity: '10.00000',
        expiresAt: '9999-12-31T23:59:59.999Z',
      },
      {
        clientOrderId: 'far',
        side: 'SELL',
        type: 'TRAILING_STOP',
        trailingAmount: '90071992547.40',
        quantity: '1.00000',
      },
    ]
    for (const order of orders) {
      const placed = await exchange.field('usr_1', PLACE, { input: { symbol: 'BTC-USDT', ...order } })
      expect(placed, order.clientOrderId).toMatchObject({ __typename: 'OrderPlaced' })
    }
    await exchange.settled()
    const { edges } = (await exchange.field('usr_1', ORDERS)) as { edges: { node: object }[] }
    const stored = edges
      .map(({ node }) => node)
      .reverse()
      .slice(-orders.length)
    expect(stored).toMatchObject(
      orders.map(({ clientOrderId, price, quantity, expiresAt, trailingAmount }) => ({
        clientOrderId,
        quantity,
        ...(price ? { price } : {}),
        ...(expiresAt ? { expiresAt } : {}),
        ...(trailingAmount ? { trailingAmount } : {}),
      })),
    )
  } finally {
    await exchange.stop()
    await database.drop()
  }
})
