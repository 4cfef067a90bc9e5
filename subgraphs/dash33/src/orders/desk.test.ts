import { expect, test } from 'vitest'
import { Openings } from '../accounts/index.ts'
import type { Ack } from '../engine/acks.ts'
import type { Command } from '../engine/commands.ts'
import type { PlaceOrderInput } from '../generated/graphql.ts'
import { MAX_BATCH, OrderDesk } from './desk.ts'

const order = (clientOrderId: string, price = '100.00'): PlaceOrderInput => ({
  clientOrderId,
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  price,
  quantity: '0.00001',
})

/** Answers as the engine does, so that the desk's order of questions and answers can be seen. */
function recordingEngine() {
  const submitted: (readonly Command[])[] = []
  const answer = (command: Command): Ack => {
    if (command.kind === 'OPEN_ACCOUNT') {
      return { kind: 'ACCOUNT_OPENED', engineSequence: 1, accountId: command.accountId, replayed: false }
    }
    if (command.kind === 'CANCEL') return { kind: 'REFUSED', code: 'ORDER_NOT_OPEN' }
    return {
      kind: 'REFUSED',
      code: 'CLIENT_ORDER_ID_REUSED',
      orderId: command.kind === 'PLACE' ? `ord_${command.clientOrderId}` : '',
    }
  }
  const submit = async (commands: readonly Command[]) => {
    submitted.push(commands)
    return commands.map(answer)
  }
  return { submit, submitted }
}

test('the account is opened in the same breath as the first order, and only then', async () => {
  const engine = recordingEngine()
  const desk = new OrderDesk(engine, new Openings(), () => {})
  await desk.place('usr_7', order('a'))
  await desk.place('usr_7', order('b'))
  expect(engine.submitted.map((commands) => commands.map(({ kind }) => kind))).toEqual([
    ['OPEN_ACCOUNT', 'PLACE'],
    ['PLACE'],
  ])
  expect(engine.submitted[0]?.[0]).toMatchObject({ accountId: 'acc_7', userId: 'usr_7' })
})

test('a batch cancels first, as one submission, and every part gets its own answer in its place', async () => {
  const engine = recordingEngine()
  const desk = new OrderDesk(engine, new Openings(), () => {})
  const answer = await desk.batch(
    'usr_7',
    [{ clientOrderId: 'x' }, {}, { orderId: 'ord_9' }],
    [order('a'), order('b', '100.001'), order('c')],
  )
  expect(engine.submitted.map((commands) => commands.map(({ kind }) => kind))).toEqual([
    ['OPEN_ACCOUNT', 'CANCEL', 'CANCEL', 'PLACE', 'PLACE'],
  ])
  expect(answer).toMatchObject({
    cancels: [
      { code: 'ORDER_NOT_OPEN' },
      { code: 'INVALID_INPUT', field: 'input.cancels.1' },
      { code: 'ORDER_NOT_OPEN' },
    ],
    orders: [{ orderId: 'ord_a' }, { code: 'PRICE_OFF_TICK', field: 'input.orders.1.price' }, { orderId: 'ord_c' }],
  })
})

test('a batch of nothing, or of nothing readable, does not reach the engine', async () => {
  const engine = recordingEngine()
  const desk = new OrderDesk(engine, new Openings(), () => {})
  expect(await desk.batch('usr_7', [], [])).toEqual({ __typename: 'OrderBatch', cancels: [], orders: [] })
  expect(await desk.batch('usr_7', [{}], [])).toMatchObject({ cancels: [{ code: 'INVALID_INPUT' }] })
  expect(engine.submitted).toEqual([])
})

test('a batch beyond its maximum is refused whole', async () => {
  const engine = recordingEngine()
  const desk = new OrderDesk(engine, new Openings(), () => {})
  const cancels = Array.from({ length: MAX_BATCH }, () => ({ clientOrderId: 'x' }))
  expect(await desk.batch('usr_7', cancels, [order('a')])).toMatchObject({ code: 'INVALID_INPUT', field: 'input' })
  expect(engine.submitted).toEqual([])
})
