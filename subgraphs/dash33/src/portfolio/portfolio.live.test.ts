import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'

const MAKER = 'usr_maker'
const TRADER = 'usr_trader'
let database: FreshDatabase
let exchange: TestExchange

beforeAll(async () => {
  database = await freshDatabase('dash33')
  exchange = await TestExchange.start(database.url)
  await exchange.credit(MAKER, 'BTC', '10')
  await exchange.credit(TRADER, 'USDT', '100000')
})

afterAll(async () => {
  await exchange.stop()
  await database.drop()
})

const trade = async (n: number, side: 'BUY' | 'SELL', price: string, quantity: string) => {
  const other = side === 'BUY' ? 'SELL' : 'BUY'
  await exchange.place(MAKER, { clientOrderId: `m-${n}`, side: other, price, quantity })
  return exchange.place(TRADER, { clientOrderId: `t-${n}`, side, price, quantity })
}
const ask = (fields: string) => exchange.field(TRADER, `{ portfolio { ${fields} } }`)

test('before the first trade a position is nothing, and prices come from the book', async () => {
  expect(await ask('positions { quantity } realisedProfit unrealisedProfit value')).toEqual({
    positions: [],
    realisedProfit: '0.0000000',
    unrealisedProfit: '0.0000000',
    value: '100000.0000000',
  })
})

test('a position tells cost and profit after fees, by average cost and by lots', async () => {
  await trade(1, 'BUY', '60000', '0.5')
  await trade(2, 'BUY', '62000', '0.5')
  await trade(3, 'SELL', '63000', '0.4')
  await expect.poll(() => ask('positions { markPrice }')).toEqual({ positions: [{ markPrice: '63000.000' }] })
  const { positions } = (await ask(`positions { quantity averagePrice realisedProfit marketValue baseFees quoteFees
    averageCost { cost price realisedProfit unrealisedProfit } fifo { cost price realisedProfit unrealisedProfit }
    fifoLots { edges { cursor node { quantity cost price unrealisedProfit } } pageInfo { hasNextPage } } }`)) as {
    positions: [Record<string, unknown>]
  }
  // Each buy of 0.5 brings 0.49975; the sale of 0.4 brings 25,200 less 12.60.
  expect(positions[0]).toMatchObject({
    quantity: '0.59950000',
    baseFees: '0.00050000',
    quoteFees: '12.6000000',
    marketValue: '37768.5000000',
    // 61,000 ÷ 0.9995 × 0.4 of the cost went.
    averageCost: { cost: '36587.7938970', realisedProfit: '775.1938970', unrealisedProfit: '1180.7061030' },
    // 30,000 ÷ 0.49975 × 0.4
    fifo: { cost: '36987.9939970', realisedProfit: '1175.3939970', unrealisedProfit: '780.5060030' },
    fifoLots: {
      edges: [
        { node: { quantity: '0.09975000', cost: '5987.9939970' } },
        { node: { quantity: '0.49975000', cost: '31000.0000000' } },
      ],
      pageInfo: { hasNextPage: false },
    },
  })
  expect(
    await ask('average: realisedProfit fifo: realisedProfit(method: FIFO) open: unrealisedProfit(method: FIFO)'),
  ).toEqual({ average: '775.1938970', fifo: '1175.3939970', open: '780.5060030' })
})

test('lots are read page by page from either end', async () => {
  const page = async (args: string) => {
    const answer = await ask(
      `positions { fifoLots(${args}) { edges { cursor node { quantity } } pageInfo { hasNextPage hasPreviousPage } } }`,
    )
    const { positions } = answer as {
      positions: [{ fifoLots: { edges: { cursor: string; node: { quantity: string } }[]; pageInfo: object } }]
    }
    return positions[0].fifoLots
  }
  const first = await page('first: 1')
  expect(first).toMatchObject({ edges: [{ node: { quantity: '0.09975000' } }], pageInfo: { hasNextPage: true } })
  const second = await page(`first: 5, after: "${first.edges[0]!.cursor}"`)
  expect(second).toMatchObject({ edges: [{ node: { quantity: '0.49975000' } }], pageInfo: { hasNextPage: false } })
  expect(await page('last: 1')).toMatchObject({ edges: second.edges, pageInfo: { hasPreviousPage: true } })
})

test('equity counts what was paid in as a flow and no return', async () => {
  const answer = (await ask(`equityCurve(interval: HOUR, last: 3) { edges { node { equity externalFlow } } }
    performance(interval: MINUTE) { from timeWeightedReturn volatility sharpe sortino maxDrawdown { depth } } value`)) as {
    equityCurve: { edges: { node: { equity: string; externalFlow: string } }[] }
    performance: { timeWeightedReturn: number }
    value: string
  }
  expect(answer.equityCurve.edges.at(-1)?.node).toEqual({ equity: answer.value, externalFlow: '100000.0000000' })
  expect(answer.performance.timeWeightedReturn).toBeCloseTo(Number(answer.value) / 100_000 - 1, 12)
})

test.each([
  ['equityCurve(from: "2026-01-01T00:00:00.000Z", to: "2025-01-01T00:00:00.000Z") { pageInfo { hasNextPage } }'],
  ['equityCurve(from: "2020-01-01T00:00:00.000Z", interval: MINUTE) { pageInfo { hasNextPage } }'],
  ['performance(riskFreeRate: -2) { sharpe }'],
])('%s is bad input', async (field) => {
  const { errors } = await exchange.ask(TRADER, `{ portfolio { ${field} } }`)
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test('a subscriber gets the portfolio at once and after each change; nobody gets one without a token', async () => {
  const watch = async (userId: string | null) => {
    const headers =
      userId === null ? {} : { authorization: `Bearer ${await exchange.ports.token({ userId, roles: ['TRADER'] })}` }
    const query = 'subscription { portfolio { watermark positions { quantity } } }'
    return exchange.subgraph.subscribe({ body: JSON.stringify({ query }), headers })
  }
  const anonymous = await watch(null)
  expect(JSON.parse((await anonymous.next()).value)).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
  const live = await watch(TRADER)
  expect(JSON.parse((await live.next()).value)).toMatchObject({
    data: { portfolio: { positions: [{ quantity: '0.59950000' }] } },
  })
  await trade(4, 'SELL', '63000', '0.1')
  let quantity = ''
  while (quantity !== '0.49950000')
    quantity = JSON.parse((await live.next()).value).data.portfolio.positions[0].quantity
  await live.return?.()
})
