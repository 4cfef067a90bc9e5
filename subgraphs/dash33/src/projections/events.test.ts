import { parseEvent } from '@opsource/bus'
import { expect, test } from 'vitest'
import type { Command, PlaceOrder } from '../engine/commands.ts'
import { Engine } from '../engine/engine.ts'
import { eventsOf } from './events.ts'

const open = (accountId: string): Command => ({ kind: 'OPEN_ACCOUNT', accountId, userId: `usr_${accountId}` })
const credit = (accountId: string, asset: string): Command => ({
  kind: 'CREDIT',
  accountId,
  asset,
  amount: 1e14,
  reference: `${accountId} ${asset}`,
})
const order = (accountId: string, clientOrderId: string, side: 'BUY' | 'SELL', quantity: number): PlaceOrder => ({
  kind: 'PLACE',
  accountId,
  clientOrderId,
  symbol: 'BTC-USDT',
  side,
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 6_000_000,
  quantity,
})

test('each trade of a command but its last says that more follow, also where the next command trades at once', () => {
  const { batch } = new Engine().applyBatch(
    [
      open('acc_m'),
      open('acc_t'),
      credit('acc_m', 'BTC'),
      credit('acc_t', 'USDT'),
      ...['1', '2', '3', '4'].map((key) => order('acc_m', key, 'SELL', 1)),
      order('acc_t', 'three', 'BUY', 3),
      order('acc_t', 'one', 'BUY', 1),
    ],
    1,
  )
  const trades = eventsOf([batch]).filter((event) => event.type === 'trade.executed')
  const data = trades.map((event) => parseEvent(event, ['trade.executed']).data)
  expect(data.map(({ engineSequence, moreFollow }) => [engineSequence, moreFollow ?? false])).toEqual([
    [9, true],
    [9, true],
    [9, false],
    [10, false],
  ])
})
