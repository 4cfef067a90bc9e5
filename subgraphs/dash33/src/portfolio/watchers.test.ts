import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import type { EngineBatch } from '../engine/events.ts'
import type { PortfolioParent } from '../parents.ts'
import { PortfolioWatchers } from './watchers.ts'

const log = pino({ level: 'silent' })
let watchers: PortfolioWatchers

afterEach(() => watchers.close())

const batch = (lastSequence: number, ...accountIds: string[]): EngineBatch => ({
  firstSequence: lastSequence,
  lastSequence,
  time: 0,
  events: [],
  levels: [],
  resting: [],
  holds: [],
  balances: accountIds.map((accountId) => ({ accountId, asset: 'USDT', available: 0, held: 0 })),
})

/** A store that has come as far as it was asked to. */
function open(find?: (accountId: string, watermark: number) => Promise<PortfolioParent | null>) {
  let watermark = 1
  let prices = 'at first'
  const read = find ?? (async (accountId) => ({ accountId, watermark, balances: [], positions: [] }))
  watchers = new PortfolioWatchers(
    {
      find: (accountId) => read(accountId, watermark),
      contains: async (sequence) => {
        watermark = Math.max(watermark, sequence)
      },
      prices: () => prices,
    },
    log,
  )
  return { move: (to: string) => (prices = to) }
}

test('a watcher gets the portfolio at once, and again after each change of their own', async () => {
  open()
  const reader = watchers.watch('acc_a')
  expect((await reader.next()).value).toMatchObject({ accountId: 'acc_a', watermark: 1 })
  watchers.take(batch(5, 'acc_b'))
  watchers.take(batch(7, 'acc_a'))
  expect((await reader.next()).value).toMatchObject({ watermark: 7 })
})

test('changes that come together are told once, with the last', async () => {
  open()
  const reader = watchers.watch('acc_a')
  await reader.next()
  for (const sequence of [2, 3, 4]) watchers.take(batch(sequence, 'acc_a'))
  expect((await reader.next()).value).toMatchObject({ watermark: 4 })
})

test('a watcher hears of prices that moved', async () => {
  const { move } = open()
  const reader = watchers.watch('acc_a')
  await reader.next()
  move('elsewhere')
  expect((await reader.next()).value).toMatchObject({ accountId: 'acc_a' })
})

test('a reading that fails is made again', async () => {
  let fails = 1
  open(async (accountId, watermark) => {
    if (fails-- > 0) throw new Error('the database is away')
    return { accountId, watermark, balances: [], positions: [] }
  })
  expect((await watchers.watch('acc_a').next()).value).toMatchObject({ accountId: 'acc_a' })
})
