import { expect, test } from 'vitest'
import { Openings } from '../accounts/index.ts'
import type { Ack, OrderSnapshot } from '../engine/acks.ts'
import type { Command } from '../engine/commands.ts'
import type { PlaceOrderInput } from '../generated/graphql.ts'
import { MAX_BATCH, OrderDesk } from './desk.ts'
import type { EarlierOrder } from './earlier-orders.ts'

const order = (clientOrderId: string, price = '100.00'): PlaceOrderInput => ({
  clientOrderId,
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  price,
  quantity: '0.00001',
})

const SNAPSHOT: OrderSnapshot = {
  orderId: 'ord_1',
  clientOrderId: 'a',
  accountId: 'acc_7',
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 10_000,
  quantity: 1,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
  filledQuantity: 0,
  remainingQuantity: 0,
  filledQuoteAmount: 0,
  status: 'CANCELLED',
  cancelReason: 'REQUESTED',
  groupId: null,
  role: null,
  createdAt: 0,
  engineSequence: 5,
}

/** Answers as the engine does, so that the desk's order of questions and answers can be seen. */
function answerOf(command: Command): Ack {
  switch (command.kind) {
    case 'OPEN_ACCOUNT':
      return { kind: 'ACCOUNT_OPENED', engineSequence: 1, accountId: command.accountId, replayed: false }
    case 'CANCEL':
      return { kind: 'REFUSED', code: 'ORDER_NOT_OPEN' }
    case 'AMEND':
      return { kind: 'REFUSED', code: 'QUANTITY_BELOW_FILLED' }
    case 'CANCEL_ALL':
      return { kind: 'ALL_CANCELLED', engineSequence: 9, orderIds: ['ord_1', 'ord_2'] }
    case 'PLACE':
      if (command.clientOrderId === 'again') {
        return { kind: 'PLACED', order: SNAPSHOT, fills: [], linked: [], replayed: true }
      }
      return { kind: 'REFUSED', code: 'CLIENT_ORDER_ID_REUSED', orderId: `ord_${command.clientOrderId}` }
    default:
      return { kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' }
  }
}

/** A desk before an engine that is only listened to. `known` are closed orders that the engine may have forgotten. */
function setUp(known: Readonly<Record<string, EarlierOrder>> | Error | null = null) {
  const submitted: (readonly Command[])[] = []
  const acked: number[] = []
  const desk = new OrderDesk({
    engine: {
      submit: async (commands) => {
        submitted.push(commands)
        return commands.map(answerOf)
      },
    },
    openings: new Openings(),
    earlier: {
      needed: () => known !== null,
      find: async (_accountId, keys) => {
        if (known instanceof Error) throw known
        return keys.map((key) => known?.[key] ?? null)
      },
    },
    storedSymbolOf: async (_accountId, name) => {
      if (known instanceof Error) throw known
      return 'clientOrderId' in name && name.clientOrderId === 'rests' ? 'BTC-USDT' : null
    },
    onAcked: (_accountId, sequence) => acked.push(sequence),
  })
  const kinds = () => submitted.map((commands) => commands.map(({ kind }) => kind))
  return { desk, submitted, acked, kinds }
}

test('the account is opened in the same breath as the first order, and only then', async () => {
  const { desk, submitted, kinds } = setUp()
  await desk.place('usr_7', order('a'))
  await desk.place('usr_7', order('b'))
  expect(kinds()).toEqual([['OPEN_ACCOUNT', 'PLACE'], ['PLACE']])
  expect(submitted[0]?.[0]).toMatchObject({ accountId: 'acc_7', userId: 'usr_7' })
})

test('a batch cancels, then amends, then places, as one submission, and every part gets its own answer in its place', async () => {
  const { desk, kinds } = setUp()
  const answer = await desk.batch('usr_7', {
    cancels: [{ clientOrderId: 'x' }, {}, { orderId: 'ord_9' }],
    amendments: [
      { clientOrderId: 'gone', price: '1.00' },
      { clientOrderId: 'rests', quantity: '0.5' },
      { clientOrderId: 'rests', price: '1.001' },
      { clientOrderId: 'rests' },
    ],
    orders: [order('a'), order('b', '100.001'), order('c')],
  })
  expect(kinds()).toEqual([['OPEN_ACCOUNT', 'CANCEL', 'CANCEL', 'AMEND', 'PLACE', 'PLACE']])
  expect(answer).toMatchObject({
    cancels: [
      { code: 'ORDER_NOT_OPEN' },
      { code: 'INVALID_INPUT', field: 'input.cancels.1' },
      { code: 'ORDER_NOT_OPEN' },
    ],
    amendments: [
      { code: 'ORDER_NOT_OPEN' },
      { code: 'QUANTITY_BELOW_FILLED', field: 'input.amendments.1.quantity' },
      { code: 'PRICE_OFF_TICK', field: 'input.amendments.2.price' },
      { code: 'INVALID_INPUT', field: 'input.amendments.3' },
    ],
    orders: [{ orderId: 'ord_a' }, { code: 'PRICE_OFF_TICK', field: 'input.orders.1.price' }, { orderId: 'ord_c' }],
  })
})

test('a batch of nothing, or of nothing readable, does not reach the engine', async () => {
  const { desk, submitted } = setUp()
  expect(await desk.batch('usr_7', { cancels: [], amendments: [], orders: [] })).toMatchObject({ cancels: [] })
  expect(await desk.batch('usr_7', { cancels: [{}], amendments: [], orders: [] })).toMatchObject({
    cancels: [{ code: 'INVALID_INPUT' }],
  })
  expect(await desk.placeMany('usr_7', [])).toEqual({ __typename: 'OrdersPlaced', results: [] })
  expect(submitted).toEqual([])
})

test('a batch beyond its maximum is refused whole', async () => {
  const { desk, submitted } = setUp()
  const cancels = Array.from({ length: MAX_BATCH }, () => ({ clientOrderId: 'x' }))
  expect(await desk.batch('usr_7', { cancels, amendments: [], orders: [order('a')] })).toMatchObject({
    code: 'INVALID_INPUT',
    field: 'input',
  })
  const orders = Array.from({ length: MAX_BATCH + 1 }, (_, i) => order(`a${i}`))
  expect(await desk.placeMany('usr_7', orders)).toMatchObject({ code: 'INVALID_INPUT', field: 'input.orders' })
  expect(submitted).toEqual([])
})

test('a mass cancel names what went, and its owner’s reading waits for it', async () => {
  const { desk, submitted, acked } = setUp()
  expect(await desk.cancelAll('usr_7', { symbol: 'BTC-USDT', side: 'SELL' })).toEqual({
    __typename: 'OrdersCancelled',
    orderIds: ['ord_1', 'ord_2'],
  })
  expect(submitted[0]?.[1]).toEqual({ kind: 'CANCEL_ALL', accountId: 'acc_7', symbol: 'BTC-USDT', side: 'SELL' })
  expect(acked).toEqual([9])
  expect(await desk.cancelAll('usr_7', { symbol: 'DOGE-USDT' })).toMatchObject({ code: 'UNKNOWN_MARKET' })
})

test('reading waits for a repeated order too: its first answer may have been lost before it was stored', async () => {
  const { desk, acked } = setUp()
  expect(await desk.place('usr_7', order('again'))).toMatchObject({ replayed: true })
  expect(acked).toEqual([SNAPSHOT.engineSequence])
})

test('a key that only the stored orders remember answers with that order, and never places a second one', async () => {
  const { desk, kinds } = setUp({ a: { order: SNAPSHOT, linked: [], fills: [] } })
  expect(await desk.place('usr_7', order('a'))).toMatchObject({
    __typename: 'OrderPlaced',
    replayed: true,
    order: { orderId: 'ord_1', status: 'CANCELLED' },
  })
  expect(await desk.place('usr_7', order('a', '101.00'))).toMatchObject({
    code: 'CLIENT_ORDER_ID_REUSED',
    orderId: 'ord_1',
  })
  expect(kinds()).toEqual([])
  const many = await desk.placeMany('usr_7', [order('b'), order('a'), order('c')])
  expect(many).toMatchObject({ results: [{ orderId: 'ord_b' }, { replayed: true }, { orderId: 'ord_c' }] })
  expect(kinds()).toEqual([['OPEN_ACCOUNT', 'PLACE', 'PLACE']])
})

test('while nobody can say whether a key was used, nothing is placed', async () => {
  const { desk, submitted } = setUp(new Error('the database is away'))
  expect(await desk.place('usr_7', order('a'))).toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  expect(await desk.placeMany('usr_7', [order('a'), order('b', '1.001')])).toMatchObject({
    results: [{ code: 'ENGINE_UNAVAILABLE' }, { code: 'PRICE_OFF_TICK' }],
  })
  expect(submitted).toEqual([])
})

test('while the record cannot be read, a batch still cancels', async () => {
  const { desk, kinds } = setUp(new Error('the database is away'))
  const amendments = [{ clientOrderId: 'rests', quantity: '0.5' }]
  expect(
    await desk.batch('usr_7', { cancels: [{ clientOrderId: 'x' }], amendments, orders: [order('a')] }),
  ).toMatchObject({
    cancels: [{ code: 'ORDER_NOT_OPEN' }],
    amendments: [{ code: 'ENGINE_UNAVAILABLE' }],
    orders: [{ code: 'ENGINE_UNAVAILABLE' }],
  })
  expect(kinds()).toEqual([['OPEN_ACCOUNT', 'CANCEL']])
})
