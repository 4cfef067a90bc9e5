import { orderFlowChannel } from '@opsource/bus/contracts'
import { ManualClock } from '@opsource/kernel'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../../tests/support/ports.ts'
import { until } from '../../../../../tests/support/waiting.ts'
import { type Database, openDatabase } from '../../database.ts'
import { AnomalyObserver } from '../observe.ts'
import type { SurveillanceAlert } from './alert.ts'
import { SurveillanceService } from './service.ts'
import { AlertStore } from './store.ts'

const SYMBOL = 'BTC-USDT'
const PATIENCE_MS = 40_000
const clock = new ManualClock(Date.UTC(2026, 0, 5))
let fresh: FreshDatabase
let database: Database
let ports: TestPorts
let store: AlertStore
let sequence = 0

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  ports = testPorts({ databaseUrl: fresh.url, clock })
  database = openDatabase(fresh.url)
  store = new AlertStore(database)
})
afterAll(async () => {
  await database?.$disconnect()
  await Promise.all([ports?.transport.close(), ports?.cache.close()])
  await fresh?.drop()
})

const service = () => {
  const observer = new AnomalyObserver({ metrics: new Registry(), log: ports.log })
  return new SurveillanceService({ ports, symbols: [SYMBOL], store, observer })
}

async function tell(time: number, events: unknown[], missed = 0): Promise<void> {
  sequence += missed
  const [tick, lot] = [
    { units: 1, scale: 2 },
    { units: 1, scale: 5 },
  ]
  const message = { symbol: SYMBOL, previousSequence: sequence, sequence: ++sequence, time, tick, lot, events }
  await ports.cache.publish(orderFlowChannel(SYMBOL), JSON.stringify(message))
}

/** A small offer is lifted while a large bid of its owner stands, which then goes. */
async function spoof(time: number, owner: string, missed = 0): Promise<void> {
  await tell(time, [
    ['P', `${owner}-ask`, owner, 'SELL', 6_000_100, 5],
    ['P', `${owner}-big`, owner, 'BUY', 5_999_900, 100],
  ])
  const [maker, taker] = [
    [`${owner}-ask`, owner, 'usr_a'],
    ['other', 'acc_z', 'usr_z'],
  ]
  await tell(time + 300, [['T', `trd_${owner}${time}`, 6_000_100, 5, 'BUY', maker, taker]])
  await tell(time + 600, [['C', `${owner}-big`, owner, 'BUY', true]], missed)
}
const alerts = () => store.page({ symbol: SYMBOL, kind: null }, { first: 10, after: null })

test('a suspicion is kept with its orders and trades, once in ten minutes, and not where something was missed', async () => {
  const [watching, other] = [service(), service()]
  await watching.start()
  await other.start()
  const heard: SurveillanceAlert[] = []
  const stops = [watching, other].map((each) => each.listen((alert) => heard.push(alert)))
  await spoof(1_000, 'acc_a')
  await spoof(9_000, 'acc_a')
  await spoof(20_000, 'acc_b', 1)
  await spoof(1_200_000, 'acc_a')
  await until('both to hear of both', () => heard.length === 4, PATIENCE_MS)
  for (const stop of stops) stop()
  await watching.close()
  await other.close()
  const found = await alerts()
  // Each instance hears of what any of them keeps, once.
  expect(heard.map(({ id }) => id).sort()).toEqual([...found, ...found].map(({ id }) => id).sort())
  expect(heard).toContainEqual(found[0])
  expect(found.map(({ kind, accountIds, from, to }) => ({ kind, accountIds, from, to })).reverse()).toEqual([
    { kind: 'SPOOFING', accountIds: ['acc_a'], from: 1_000, to: 1_600 },
    { kind: 'SPOOFING', accountIds: ['acc_a'], from: 1_200_000, to: 1_200_600 },
  ])
  const { orders, trades } = found[1]!.evidence
  expect(orders).toEqual([
    {
      ...{ orderId: 'acc_a-big', accountId: 'acc_a', side: 'BUY', price: 5_999_900, quantity: 100 },
      ...{ placedAt: 1_000, closedAt: 1_600 },
    },
    // What it was for: the offer that was lifted meanwhile.
    {
      ...{ orderId: 'acc_a-ask', accountId: 'acc_a', side: 'SELL', price: 6_000_100, quantity: 5 },
      ...{ placedAt: 1_000, closedAt: 1_300 },
    },
  ])
  expect(trades).toMatchObject([{ makerAccountId: 'acc_a', takerAccountId: 'acc_z', executedAt: 1_300 }])
  expect(await store.page({ symbol: null, kind: 'LAYERING' }, { first: 10, after: null })).toEqual([])
  expect(await store.prune(clock.now() + 1)).toBe(2)
})
