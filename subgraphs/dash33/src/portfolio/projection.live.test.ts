import { poolConfig } from '@opsource/database'
import { ManualClock, seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import type { Command, PlaceOrder } from '../engine/commands.ts'
import { Engine } from '../engine/engine.ts'
import type { EngineBatch } from '../engine/events.ts'
import { projectionWriter } from '../projections/index.ts'
import { equityOf, MINUTE_MS, minuteOf } from './equity.ts'
import { EquityRetention, MINUTE_POINTS_RETENTION_MS } from './equity-retention.ts'
import { findValuations } from './equity-store.ts'
import { LotQueue, MAX_OPEN_LOTS } from './lots.ts'
import { performanceOf } from './performance.ts'
import { applyMove, FLAT } from './position.ts'
import { foldFills } from './projection.ts'

const START = Date.UTC(2026, 0, 1)
let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

const rows = async (text: string, values: unknown[] = []) =>
  (await pool.query<Record<string, string>>(text, values)).rows

const open = (name: string): Command[] => [
  { kind: 'OPEN_ACCOUNT', accountId: `acc_${name}`, userId: `usr_${name}` },
  { kind: 'CREDIT', accountId: `acc_${name}`, asset: 'USDT', amount: 10_000_000_000_000, reference: `${name} USDT` },
  { kind: 'CREDIT', accountId: `acc_${name}`, asset: 'BTC', amount: 10_000_000_000, reference: `${name} BTC` },
]

const place = (name: string, n: number, change: Partial<PlaceOrder>): PlaceOrder => ({
  kind: 'PLACE',
  accountId: `acc_${name}`,
  clientOrderId: `${n}`,
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 6_000_000,
  quantity: 100_000,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'NONE',
  expiresAt: null,
  ...change,
})

/** Three accounts that trade with each other, and with themselves, some minutes of it quiet. */
function randomTrading(count: number): EngineBatch[] {
  const engine = new Engine()
  const random = seededRandom(7)
  const int = (below: number) => Math.floor(random.next() * below)
  const batches = [engine.applyBatch([...open('a'), ...open('b'), ...open('c')], START).batch]
  let time = START
  for (let n = 0; n < count; n += 1) {
    time += int(10) === 0 ? int(4) * MINUTE_MS : int(9_000)
    const name = ['a', 'b', 'c'][int(3)]!
    const credit: Command[] =
      int(20) === 0
        ? [{ kind: 'CREDIT', accountId: `acc_${name}`, asset: 'BTC', amount: 1 + int(1_000_000), reference: `${n}` }]
        : []
    const terms = {
      side: int(2) ? ('BUY' as const) : ('SELL' as const),
      price: 6_000_000 + int(40) * 100,
      quantity: 1 + int(90_000),
    }
    batches.push(engine.applyBatch([...credit, place(name, n, terms)], time).batch)
  }
  return batches
}

const accountNumbers = async () =>
  new Map(
    (await pool.query<{ id: string; no: number }>('SELECT id, no FROM account')).rows.map(({ id, no }) => [id, no]),
  )

const TABLES = {
  position: 'account_no, symbol',
  position_lot: 'account_no, symbol, engine_sequence, leg',
  equity_holding: 'account_no, asset',
  equity_point: 'account_no, time',
  equity_flow: 'account_no, engine_sequence, leg',
  mark_price: 'symbol',
}

/** Writes batches in groups of the given size, by one writer or each by another, and reads what became of them. */
async function project(batches: readonly EngineBatch[], size: number, writers: 'ONE' | 'MANY' = 'ONE') {
  await pool.query(
    `TRUNCATE ${Object.keys(TABLES).join()}, trade, exchange_order, candle, balance, credit, pending_transfer, outbox_event`,
  )
  await pool.query(
    'ALTER TABLE ledger_entry DISABLE TRIGGER USER; TRUNCATE ledger_entry; ALTER TABLE ledger_entry ENABLE TRIGGER USER',
  )
  await pool.query('UPDATE watermark SET engine_sequence = 0, time = to_timestamp(0)')
  let write = projectionWriter(pool)
  for (let at = 0; at < batches.length; at += size) {
    await write(batches.slice(at, at + size), at === 0 ? 0 : batches[at - 1]!.lastSequence)
    if (writers === 'MANY') write = projectionWriter(pool)
  }
  const entries = await Promise.all(
    Object.entries(TABLES).map(async ([table, key]) => [table, await rows(`SELECT * FROM ${table} ORDER BY ${key}`)]),
  )
  return Object.fromEntries(entries) as Record<keyof typeof TABLES, Record<string, string>[]>
}

test('positions, lots and equity are what the pure functions make of the fills, however the batches were put together', async () => {
  const batches = randomTrading(250)
  const once = await project(batches, batches.length)
  expect(await project(batches, 7)).toEqual(once)
  expect(await project(batches, 19, 'MANY')).toEqual(once)

  const numbers = await accountNumbers()
  for (const { accountId, symbol, fills } of foldFills(batches)) {
    const queue = new LotQueue()
    const fifoRealised = fills.reduce((sum, fill) => sum + queue.add(fill), 0n)
    const { quantity, cost, realised } = fills.reduce(applyMove, FLAT)
    const isOwn = (row: Record<string, unknown>) => row.account_no === numbers.get(accountId) && row.symbol === symbol
    expect(once.position.find(isOwn)).toMatchObject({
      quantity: `${quantity}`,
      cost: `${cost}`,
      realised: `${realised}`,
      fifo_realised: `${fifoRealised}`,
    })
    expect(once.position_lot.filter(isOwn)).toMatchObject(
      queue.lots.map((lot) => ({
        engine_sequence: `${lot.engineSequence}`,
        leg: lot.leg,
        quantity: `${lot.quantity}`,
        cost: `${lot.cost}`,
        acquired_at: new Date(lot.acquiredAt),
      })),
    )
    const lotCost = queue.lots.reduce((sum, lot) => sum + lot.cost, 0n)
    expect(cost - realised + fifoRealised).toBe(lotCost)
  }
  expect(once.position_lot.length).toBeGreaterThan(10)
  expect(once.equity_point.length).toBeGreaterThan(20)
  expect(once.equity_flow.some(({ kind }) => kind === 'FIRST_PRICE')).toBe(true)
})

test('of more lots than are kept apart the oldest are merged as the pure functions merge them, however many are stored', async () => {
  const engine = new Engine()
  const batches = [engine.applyBatch([...open('a'), ...open('b')], START).batch]
  // Past the limit, then a sale that takes several of the oldest, and past it again.
  const buys = (count: number) => Array.from({ length: count }, () => 'BUY' as const)
  const sides = [...buys(MAX_OPEN_LOTS + 60), 'SELL' as const, ...buys(20)]
  for (const [n, side] of sides.entries()) {
    const [quantity, price] = [side === 'BUY' ? 100 + (n % 7) : 900, 6_000_000 + (n % 40) * 100]
    const commands = [
      place('a', n, { side: side === 'BUY' ? 'SELL' : 'BUY', price, quantity }),
      place('b', n, { side, price, quantity }),
    ]
    batches.push(engine.applyBatch(commands, START + 1 + n).batch)
  }
  const { position_lot: lots } = await project(batches, 37)
  expect((await project(batches, 101, 'MANY')).position_lot).toEqual(lots)
  const numbers = await accountNumbers()
  for (const { accountId, fills } of foldFills(batches)) {
    const queue = new LotQueue()
    for (const fill of fills) queue.add(fill)
    expect(lots.filter((row) => Number(row.account_no) === numbers.get(accountId))).toMatchObject(
      queue.lots.map(({ engineSequence, leg, quantity, cost }) => ({
        engine_sequence: `${engineSequence}`,
        leg,
        quantity: `${quantity}`,
        cost: `${cost}`,
      })),
    )
    expect(queue.lots).toHaveLength(MAX_OPEN_LOTS)
  }
})

test('at the end of each minute an account is worth what it held at the last prices', async () => {
  const batches = randomTrading(120)
  const { equity_point: points } = await project(batches, 50)
  const numbers = await accountNumbers()
  const held = new Map([...numbers.keys()].map((id) => [id, new Map<string, bigint>()]))
  const prices = new Map<string, number>()
  let minute = minuteOf(START)
  for (const { time, balances, events } of batches) {
    if (minuteOf(time) > minute) {
      const end = new Date(minute + MINUTE_MS)
      for (const [id, no] of numbers) {
        const known = points.filter((row) => Number(row.account_no) === no && new Date(row.time!) <= end).at(-1)
        if (id.startsWith('acc_')) expect(known?.equity).toBe(`${equityOf(held.get(id)!, prices)}`)
      }
      minute = minuteOf(time)
    }
    for (const { accountId, asset, available, held: pending } of balances)
      held.get(accountId)?.set(asset, BigInt(available + pending))
    for (const event of events) if (event.type === 'TRADE') prices.set(event.symbol, event.price)
  }
})

test('returns are none of what was paid in, and thinning the curve by hours leaves them as they were', async () => {
  const engine = new Engine()
  const at = (minutes: number, ...commands: Command[]) => engine.applyBatch(commands, START + minutes * MINUTE_MS).batch
  const trade = (n: number, price: number) => [
    place('b', n, { side: 'SELL', price, quantity: 1_000 }),
    place('c', n, { side: 'BUY', price, quantity: 1_000 }),
  ]
  const batches = [
    at(0, ...open('b'), ...open('c'), { kind: 'OPEN_ACCOUNT', accountId: 'acc_a', userId: 'usr_a' }),
    at(1, ...trade(1, 6_000_000)),
    // One BTC at 60,000, then another one at 63,000 after the price rose by a twentieth.
    at(2, { kind: 'CREDIT', accountId: 'acc_a', asset: 'BTC', amount: 100_000_000, reference: 'one' }),
    at(30, ...trade(2, 6_300_000)),
    at(40, { kind: 'CREDIT', accountId: 'acc_a', asset: 'BTC', amount: 100_000_000, reference: 'another' }),
    at(90, ...trade(3, 5_985_000)),
    at(150, ...trade(4, 6_300_000)),
    at(250, ...trade(5, 6_300_000)),
  ]
  await projectionWriter(pool)(batches, 0)
  const range = { from: START, to: START + 240 * MINUTE_MS, intervalMs: 3_600_000 }
  const terms = { intervalMs: range.intervalMs, riskFreeRate: 0, targetRate: 0 }
  const before = performanceOf(await findValuations(pool, 'acc_a', range), terms)
  expect(before.timeWeightedReturn).toBeCloseTo(0.05, 12)
  expect(before.maximumDrawdown).toMatchObject({
    peakAt: START + 31 * MINUTE_MS,
    troughAt: START + 91 * MINUTE_MS,
    recoveredAt: START + 151 * MINUTE_MS,
  })
  expect(before.maximumDrawdown?.depth).toBeCloseTo(0.05, 12)
  expect(before.returnCount).toBe(3)

  const clock = new ManualClock(START + MINUTE_POINTS_RETENTION_MS + 7 * 3_600_000)
  const points = async () =>
    (await rows(`SELECT p.time FROM equity_point p JOIN account a ON a.no = p.account_no WHERE a.id = 'acc_a'`)).length
  const all = await points()
  expect(await new EquityRetention(pool, clock).run()).toBeGreaterThan(0)
  expect(await points()).toBeLessThan(all)
  const after = performanceOf(await findValuations(pool, 'acc_a', range), terms)
  expect(after.timeWeightedReturn).toBeCloseTo(before.timeWeightedReturn!, 12)
  expect(after.volatility).toBeCloseTo(before.volatility!, 12)
  expect(await new EquityRetention(pool, clock).run()).toBe(0)
})
