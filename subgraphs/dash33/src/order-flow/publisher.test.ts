import { type OrderFlowMessage, orderFlowChannel, orderFlowMessageSchema } from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { accepted, amended, batch, cancelled, party, trade } from '../../../../tests/support/engine-events.ts'
import { INSTRUMENTS } from '../market/index.ts'
import { OrderFlowPublisher } from './publisher.ts'

const log = pino({ level: 'silent' })
let cache: MemoryCache
let metrics: Registry
let publisher: OrderFlowPublisher
let heard: OrderFlowMessage[]

beforeEach(async () => {
  cache = new MemoryCache({ clock: systemClock, log })
  metrics = new Registry()
  publisher = new OrderFlowPublisher({ cache, log, metrics, instruments: INSTRUMENTS })
  heard = []
  for (const { symbol } of INSTRUMENTS)
    await cache.subscribe(orderFlowChannel(symbol), (text) => {
      heard.push(orderFlowMessageSchema.parse(JSON.parse(text)))
    })
})
afterEach(() => cache.close())

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

it('tells each market who placed, changed, withdrew and traded what, in order, and nothing else', async () => {
  const maker = party('b', 1, 0, { accountId: 'acc_2', userId: 'usr_2', side: 'SELL' })
  publisher.take(
    batch(7, [
      accepted('a', { price: null, quantity: 9, displayQuantity: 2 }),
      amended('a', { price: 90, remainingQuantity: 8 }),
      amended('a', { reason: 'SELF_TRADE' }),
      amended('p', { stopPrice: 95 }),
      accepted('p', { type: 'STOP' }, { status: 'PENDING' }),
      trade(maker, party('a', 1, 8)),
      cancelled('a'),
      cancelled('c', { symbol: 'ETH-USDT', side: 'SELL', reason: 'EXPIRED' }),
    ]),
  )
  publisher.take(batch(8))
  publisher.take(batch(9, [cancelled('d', { reason: 'MASS_CANCEL' })]))
  await settled()
  const parties = [
    ['b', 'acc_2', 'usr_2'],
    ['a', 'acc_1', 'usr_1'],
  ]
  expect(heard).toMatchObject([
    {
      ...{ symbol: 'BTC-USDT', sequence: 7, previousSequence: -1, time: 7_000, tick: { units: 1, scale: 2 } },
      events: [
        ['P', 'a', 'acc_1', 'BUY', null, 2],
        ['A', 'a', 'acc_1', 'BUY', 90, 8],
        ['T', 'trd_1', 100, 1, 'BUY', ...parties],
        ['C', 'a', 'acc_1', 'BUY', true],
      ],
    },
    { symbol: 'ETH-USDT', previousSequence: -1, events: [['C', 'c', 'acc_1', 'SELL', false]] },
    { symbol: 'BTC-USDT', sequence: 9, previousSequence: 7, events: [['C', 'd', 'acc_1', 'BUY', true]] },
  ])
})

it('leaves out what is beyond 2,000 events in a second of one market, visibly, and goes on in the next', async () => {
  const many = Array.from({ length: 1_000 }, (_, i) => cancelled(`o${i}`))
  for (const sequence of [1, 2, 3]) publisher.take(batch(sequence, many, { time: 1_000 + sequence }))
  publisher.take(batch(4, [cancelled('x', { symbol: 'ETH-USDT' })], { time: 1_500 }))
  publisher.take(batch(5, [cancelled('y')], { time: 2_000 }))
  await settled()
  expect(heard.map(({ symbol, sequence, previousSequence }) => [symbol, previousSequence, sequence])).toEqual([
    ['BTC-USDT', -1, 1],
    ['BTC-USDT', 1, 2],
    ['ETH-USDT', -1, 4],
    ['BTC-USDT', 3, 5],
  ])
  expect(await metrics.metrics()).toContain('dash33_order_flow_dropped_total{symbol="BTC-USDT"} 1000')
})
