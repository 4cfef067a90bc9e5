import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { CANCEL_ORDER, credit, orderOf, PLACE_ORDER, setStatus, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const OPEN_ORDERS = /* GraphQL */ `
  query Open { orders(openOnly: true) { edges { node { clientOrderId status } } } }
`
const BATCH = /* GraphQL */ `
  mutation Batch($input: OrderBatchInput!) {
    submitOrderBatch(input: $input) {
      __typename
      ... on OrderBatch {
        cancels { __typename ... on Refusal { code } }
        orders { __typename ... on Refusal { code } }
      }
      ... on Refusal { code }
    }
  }
`
const onePlaced = z.object({ placeOrder: z.object({ replayed: z.boolean(), order: z.object({ id: z.string() }) }) })
const DIGITS_40 = '1'.repeat(40)

const invalid = (code: string, field: string) => ({ __typename: 'InvalidOrder', code, field: `input.${field}` })

/** What one wrong thing about an otherwise good order is answered with. */
const REFUSED: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>])[] = [
  ['an unknown symbol', { symbol: 'DOGE-USDT' }, { __typename: 'UnknownMarket', code: 'UNKNOWN_MARKET' }],
  ['a market that is paused', { symbol: 'ETH-USDT' }, { __typename: 'MarketPaused', code: 'MARKET_PAUSED' }],
  [
    'a price off the tick',
    { price: '100.001' },
    { __typename: 'InvalidOrder', code: 'PRICE_OFF_TICK', field: 'input.price' },
  ],
  [
    'a quantity off the lot',
    { quantity: '0.000001' },
    { __typename: 'InvalidOrder', code: 'QUANTITY_OFF_LOT', field: 'input.quantity' },
  ],
  ['a negative price', { price: '-100' }, { __typename: 'InvalidOrder', code: 'PRICE_NOT_POSITIVE' }],
  ['a negative quantity', { quantity: '-1' }, { __typename: 'InvalidOrder', code: 'QUANTITY_NOT_POSITIVE' }],
  ['a price of zero', { price: '0' }, { __typename: 'InvalidOrder', code: 'PRICE_NOT_POSITIVE' }],
  ['a quantity of zero', { quantity: '0.0' }, { __typename: 'InvalidOrder', code: 'QUANTITY_NOT_POSITIVE' }],
  ['a price that is no number', { price: 'NaN' }, { __typename: 'InvalidOrder', code: 'NOT_A_DECIMAL' }],
  ['a quantity with an exponent', { quantity: '1e3' }, { __typename: 'InvalidOrder', code: 'NOT_A_DECIMAL' }],
  ['a price of 40 digits', { price: `${DIGITS_40}.5` }, { __typename: 'InvalidOrder', code: 'TOO_MANY_DIGITS' }],
  ['a quantity of 40 digits', { quantity: `0.${DIGITS_40}` }, { __typename: 'InvalidOrder', code: 'TOO_MANY_DIGITS' }],
  ['a limit order without a price', { price: null }, { __typename: 'InvalidOrder', code: 'PRICE_REQUIRED' }],
  [
    'a market order that rests',
    { type: 'MARKET', timeInForce: 'GTC' },
    invalid('TIME_IN_FORCE_NOT_ALLOWED', 'timeInForce'),
  ],
  ['a sum of floats', { price: `${0.1 + 0.2}` }, invalid('PRICE_OFF_TICK', 'price')],
  ['2^53 as a price', { price: `${2 ** 53}` }, invalid('ORDER_TOO_LARGE', 'price')],
  ['2^53 as a quantity', { quantity: '9007199254740993' }, invalid('ORDER_TOO_LARGE', 'quantity')],
  ['minus zero', { price: '-0' }, invalid('PRICE_NOT_POSITIVE', 'price')],
  ['infinity', { quantity: 'Infinity' }, invalid('NOT_A_DECIMAL', 'quantity')],
  ['a hexadecimal number', { quantity: '0x10' }, invalid('NOT_A_DECIMAL', 'quantity')],
  ['a stop without its price', { type: 'STOP', price: null }, invalid('STOP_PRICE_REQUIRED', 'stopPrice')],
  ['a stop price of a limit order', { stopPrice: '99' }, invalid('STOP_PRICE_NOT_ALLOWED', 'stopPrice')],
  ['a stop price off the tick', { stopPrice: '99.001' }, invalid('PRICE_OFF_TICK', 'stopPrice')],
  [
    'a trailing stop without a distance',
    { type: 'TRAILING_STOP', price: null },
    invalid('TRAILING_DISTANCE_REQUIRED', 'trailingAmount'),
  ],
  [
    'a trailing stop of everything',
    { type: 'TRAILING_STOP', price: null, trailingPercent: '100' },
    invalid('PERCENT_OUT_OF_RANGE', 'trailingPercent'),
  ],
  ['a distance of a limit order', { trailingAmount: '1' }, invalid('TRAILING_DISTANCE_NOT_ALLOWED', 'trailingAmount')],
  ['an iceberg that shows all', { displayQuantity: '1' }, invalid('DISPLAY_QUANTITY_NOT_ALLOWED', 'displayQuantity')],
  [
    'post-only that does not rest',
    { postOnly: true, timeInForce: 'IOC' },
    invalid('POST_ONLY_NOT_ALLOWED', 'postOnly'),
  ],
  ['a date that is missing', { timeInForce: 'GTD' }, invalid('EXPIRY_REQUIRED', 'expiresAt')],
  ['a date that nobody needs', { expiresAt: '2100-01-01T00:00:00Z' }, invalid('EXPIRY_NOT_ALLOWED', 'expiresAt')],
  [
    'a date that has passed',
    { timeInForce: 'GTD', expiresAt: '2020-01-01T00:00:00Z' },
    invalid('EXPIRY_IN_THE_PAST', 'expiresAt'),
  ],
  [
    'an order of more than can be counted',
    { quantity: '99999999999999999' },
    { __typename: 'InvalidOrder', code: 'ORDER_TOO_LARGE' },
  ],
  [
    'more than the account has',
    { quantity: '11' },
    { __typename: 'InsufficientBalance', asset: 'USDT', code: 'INSUFFICIENT_BALANCE' },
  ],
  [
    'a key with a space',
    { clientOrderId: 'a b' },
    { __typename: 'InvalidInput', code: 'INVALID_INPUT', field: 'input.clientOrderId' },
  ],
  ['an empty key', { clientOrderId: '' }, { __typename: 'InvalidInput', field: 'input.clientOrderId' }],
  [
    'a key of 65 characters',
    { clientOrderId: 'x'.repeat(65) },
    { __typename: 'InvalidInput', field: 'input.clientOrderId' },
  ],
]

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let trader: Trader

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    const operator = visitor.as(await platform.operator())
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    await setStatus(operator, 'ETH-USDT', 'PAUSED')
    trader = await Trader.register(visitor, 'dave')
    await credit(operator, trader.userId, 'USDT', '1100')
    await trader.place({ clientOrderId: 'the-good-one', side: 'BUY', price: '100', quantity: '1' })
  })
  afterAll(async () => {
    await stillThere()
    await platform?.stop()
  })

  /** The process lives and nothing is lost: the one good order is still on the book, and nothing besides. */
  async function stillThere(): Promise<void> {
    const { data } = await trader.visitor.ask(OPEN_ORDERS)
    expect(data?.orders).toEqual({ edges: [{ node: { clientOrderId: 'the-good-one', status: 'OPEN' } }] })
  }

  test.each(REFUSED)('%s is refused as data', async (_, wrong, refusal) => {
    const input = { ...orderOf({ side: 'BUY', price: '100', quantity: '1' }), ...wrong }
    const answer = await trader.visitor.ask(PLACE_ORDER, { input })
    expect(answer.codes).toEqual([])
    expect(answer.data?.placeOrder).toMatchObject(refusal)
  })

  test('one key sent fifty times at once is one order', async () => {
    const input = orderOf({ clientOrderId: 'fifty', side: 'BUY', price: '90', quantity: '0.01' })
    const answers = await Promise.all(Array.from({ length: 50 }, () => trader.visitor.ask(PLACE_ORDER, { input })))
    const placed = answers.map(({ data }) => onePlaced.parse(data).placeOrder)
    expect(new Set(placed.map(({ order }) => order.id)).size).toBe(1)
    expect(placed.filter(({ replayed }) => !replayed)).toHaveLength(1)
    const cancelled = await trader.visitor.ask(CANCEL_ORDER, { input: { clientOrderId: 'fifty' } })
    expect(cancelled.data?.cancelOrder).toMatchObject({ __typename: 'OrderCancelled' })
    const again = await trader.visitor.ask(PLACE_ORDER, { input })
    expect(again.data?.placeOrder).toMatchObject({ replayed: true, order: { id: placed[0]?.order.id } })
    const other = await trader.visitor.ask(PLACE_ORDER, { input: { ...input, price: '91' } })
    expect(other.data?.placeOrder).toMatchObject({ code: 'CLIENT_ORDER_ID_REUSED', orderId: placed[0]?.order.id })
  })

  test.each(['\u0000', 'ord_\u0000', 'trd_\u0000', "ord_' OR 1=1", 'x'.repeat(10_000)])(
    '%j is nothing known',
    async (key) => {
      const query =
        'query Look($id: ID!, $key: String!) { order(id: $id) { id } orders(symbol: $key) { edges { cursor } } }'
      const own = await trader.visitor.ask(query, { id: key, key })
      expect(own).toMatchObject({ codes: [], data: { order: null, orders: { edges: [] } } })
      const entity = 'query Look($of: [_Any!]!) { _entities(representations: $of) { ... on Trade { id } } }'
      const representations = { of: [{ __typename: 'Trade', id: key }] }
      const { text } = await platform.askDirectly('dash33', entity, null, representations)
      expect(JSON.parse(text)).toEqual({ data: { _entities: [null] } })
    },
  )

  test('a batch answers each part for itself, and one that is too long is refused whole', async () => {
    const bad = orderOf({ side: 'BUY', price: '100.001', quantity: '1' })
    const mixed = await trader.visitor.ask(BATCH, {
      input: { cancels: [{ clientOrderId: 'unheard-of' }], orders: [bad] },
    })
    expect(mixed.data?.submitOrderBatch).toEqual({
      __typename: 'OrderBatch',
      cancels: [{ __typename: 'OrderNotOpen', code: 'ORDER_NOT_OPEN' }],
      orders: [{ __typename: 'InvalidOrder', code: 'PRICE_OFF_TICK' }],
    })
    const long = Array.from({ length: 501 }, (_, at) => ({ clientOrderId: `c${at}` }))
    const whole = await trader.visitor.ask(BATCH, { input: { cancels: long, orders: [] } })
    expect(whole.data?.submitOrderBatch).toEqual({ __typename: 'InvalidInput', code: 'INVALID_INPUT' })
    const both = { cancels: [{ clientOrderId: 'a', orderId: 'ord_b' }, {}], orders: [] }
    const unclear = await trader.visitor.ask(BATCH, { input: both })
    expect(unclear.data?.submitOrderBatch).toMatchObject({
      cancels: [{ code: 'INVALID_INPUT' }, { code: 'INVALID_INPUT' }],
    })
  })

  test.each([
    ['an unknown field', '{ markets { colour } }', 400, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'an unknown argument',
      '{ market(symbol: "BTC-USDT", colour: "red") { symbol } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['what is not GraphQL', '{ markets { ', 400, 'GRAPHQL_PARSE_FAILED'],
    [
      'a price written as a number',
      'mutation { cancelOrder(input: 5) { __typename } }',
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a deep query', deepQuery(40), 400, 'QUERY_TOO_DEEP'],
    ['a query that multiplies itself', wideQuery(), 400, 'QUERY_TOO_COMPLEX'],
  ])('%s is refused with one coded error', async (_, query, status, code) => {
    const answer = await trader.visitor.ask(query)
    expect({ status: answer.status, codes: [...new Set(answer.codes)], data: answer.data }).toEqual({
      status,
      codes: [code],
      data: null,
    })
  })

  test('a query of 1 MB is refused before it is read, and so is a body that is not JSON', async () => {
    const large = await trader.visitor.post(
      JSON.stringify({ query: `{ markets { symbol } } #${'x'.repeat(1024 * 1024)}` }),
    )
    expect(large).toMatchObject({ status: 413, codes: ['REQUEST_TOO_LARGE'] })
    expect(await trader.visitor.post('{"query":')).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] })
    expect(await trader.visitor.post('[]')).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] })
    expect(await trader.visitor.post('{"query":5}')).toMatchObject({ status: 400, codes: ['BAD_USER_INPUT'] })
  })

  test('no answer shows what is inside', async () => {
    const queries = [
      '{ order(id: "\' OR 1=1 --") { id } }',
      '{ orders(after: "zzz") { edges { cursor } } }',
      '{ orders(first: -1) { edges { cursor } } }',
      '{ market(symbol: "\\u0000") { symbol } }',
    ]
    for (const query of queries) {
      const { text } = await trader.visitor.ask(query)
      expect(text).not.toMatch(/prisma|postgres|select |stack|\.ts\b|node_modules/i)
      expect(z.object({}).safeParse(JSON.parse(text)).success).toBe(true)
    }
  })
})

function deepQuery(levels: number): string {
  return `{ orders { edges { node { market { candles { edges { node { open } } } ${'prediction { market { '.repeat(levels)} symbol ${'} }'.repeat(levels)} } } } } }`
}

function wideQuery(): string {
  const fragments = Array.from(
    { length: 12 },
    (_, at) =>
      `fragment F${at} on Market { ...${at === 11 ? 'G' : `F${at + 1}`} ...${at === 11 ? 'G' : `F${at + 1}`} }`,
  )
  return `{ markets { ...F0 } } ${fragments.join(' ')} fragment G on Market { symbol status tickSize lotSize }`
}
