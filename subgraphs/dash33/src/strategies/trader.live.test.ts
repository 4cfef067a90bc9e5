import { setTimeout as sleep } from 'node:timers/promises'
import { MemoryTransport, newEvent } from '@opsource/bus'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import type { Ack } from '../engine/acks.ts'
import type { Command, PlaceOrder } from '../engine/commands.ts'
import { Engine } from '../engine/engine.ts'
import type { EngineBatch } from '../engine/events.ts'
import { instrumentOf } from '../market/instruments.ts'
import { LiveMarket } from '../market-data/live-market.ts'
import { projectionWriter } from '../projections/index.ts'
import { strategyMetrics } from './observe.ts'
import { findEnabled, findStanding, findStrategyOrders, insertStrategy, type StoredStrategy } from './store.ts'
import { dayOf, profitOf } from './strategy.ts'
import { StrategyTrader } from './trader.ts'

const NOON = Date.parse('2026-08-01T12:00:00.000Z')
const DAY_MS = 86_400_000
const EVENTUALLY = { timeout: 40_000, interval: 10 }
const log = pino({ level: 'silent' })
const btc = instrumentOf('BTC-USDT')
const by = { changedBy: 'usr_ops', reason: 'a drill' }

let fresh: FreshDatabase
let database: Database
let clock: ManualClock
let venue: Venue
let transport: MemoryTransport
let trader: StrategyTrader
let forecasts: number

beforeEach(async () => {
  fresh = await freshDatabase('dash33')
  database = openDatabase(fresh.url, log)
  clock = new ManualClock(NOON)
  venue = new Venue(database)
  forecasts = 0
  await venue.open()
  transport = new MemoryTransport({ log })
  trader = await started()
})

afterEach(async () => {
  await trader.stop()
  await transport.close()
  await database.close()
  await fresh.drop()
})

/** The engine itself and its record, with answers that a test can hold back or lose. */
class Venue {
  readonly engine = new Engine()
  readonly listeners = new Set<(batch: EngineBatch) => void>()
  readonly bid = { price: 6_000_000 }
  /** What the strategies' owner has bought, in lots. */
  bought = 0
  answer: (acks: readonly Ack[]) => Promise<readonly Ack[]> = async (acks) => acks
  readonly #write: ReturnType<typeof projectionWriter>

  constructor({ pool }: Database) {
    this.#write = projectionWriter(pool)
  }

  async open(): Promise<void> {
    const maker = { accountId: 'acc_maker', userId: 'usr_maker' }
    const ada = { accountId: 'acc_ada', userId: 'usr_ada' }
    const sell = { ...TERMS, accountId: 'acc_maker', clientOrderId: 'ask', side: 'SELL', quantity: 100_000 } as const
    await this.carryOut([
      { kind: 'OPEN_ACCOUNT', ...maker },
      { kind: 'OPEN_ACCOUNT', ...ada },
      { kind: 'CREDIT', accountId: 'acc_maker', asset: 'BTC', amount: 10 ** 10, reference: 'a' },
      { kind: 'CREDIT', accountId: 'acc_ada', asset: 'USDT', amount: 10 ** 13, reference: 'b' },
      { kind: 'SET_MARKET_STATUS', symbol: 'BTC-USDT', status: 'TRADING', auctionMs: null, recording: null },
      { ...sell, kind: 'PLACE', price: 6_000_100 },
    ])
  }

  async carryOut(commands: readonly Command[]): Promise<readonly Ack[]> {
    const { sequence } = this.engine.state
    const { batch, acks } = this.engine.applyBatch(commands, clock.now())
    await this.#write([batch], sequence)
    for (const event of batch.events)
      if (event.type === 'TRADE' && event.taker.accountId === 'acc_ada') this.bought += event.quantity
    for (const listener of this.listeners) listener(batch)
    return acks
  }

  async submit(commands: readonly Command[]): Promise<readonly Ack[]> {
    return this.answer(await this.carryOut(commands))
  }
}

const TERMS: Omit<PlaceOrder, 'kind' | 'accountId' | 'clientOrderId' | 'side' | 'price' | 'quantity'> = {
  symbol: 'BTC-USDT',
  type: 'LIMIT',
  timeInForce: 'GTC',
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
}

async function started(): Promise<StrategyTrader> {
  const { pool, prisma } = database
  const { symbol, tick, lot } = btc
  const market = () =>
    new LiveMarket({
      symbol,
      tick,
      lot,
      sequence: 1,
      engineSequence: 1,
      time: 0,
      status: 'TRADING',
      recording: null,
      bids: [[venue.bid.price, 1_000]],
      asks: [[6_000_100, 100_000]],
    })
  const made = new StrategyTrader({
    engine: { submit: (commands) => venue.submit(commands) },
    onBatch: (listener) => {
      venue.listeners.add(listener)
      return () => venue.listeners.delete(listener)
    },
    recorded: async () => {},
    feeds: new Map([
      [
        symbol,
        {
          get market() {
            return market()
          },
        },
      ],
    ]),
    transport,
    prisma,
    pool,
    clock,
    log,
    metrics: strategyMetrics(new Registry()),
    wrote: () => {},
  })
  await made.start()
  return made
}

/** Buys 1,000 lots (0.01 BTC) on each forecast upwards, and never holds more. */
async function strategyOf(changes: Partial<StoredStrategy> = {}): Promise<StoredStrategy> {
  const strategy = await insertStrategy(
    database.prisma,
    {
      id: 'stg_1',
      userId: 'usr_ada',
      clientStrategyId: 'follow',
      symbol: 'BTC-USDT',
      minProbability: 5_000,
      orderQuantity: 1_000,
      maxPosition: 1_000,
      maxSlippageBps: 10,
      maxOrdersPerDay: 100,
      maxDailyLoss: 500_000_000n,
      tradeInSample: false,
      createdAt: NOON,
      ...changes,
    },
    20,
  )
  if (!strategy) throw new Error('too many')
  return strategy
}

async function forecastUp(): Promise<void> {
  const predictionId = `prd_${++forecasts}`
  const madeAt = new Date(clock.now()).toISOString()
  const told = { symbol: 'BTC-USDT', model: 'm', modelVersion: 1, direction: 'UP', probability: 0.9 } as const
  const origin = { source: 'anya', id: predictionId, time: clock.now() } as const
  await transport.publish([
    newEvent('prediction.made', { ...told, predictionId, horizonMs: 10_000, inSample: false, madeAt }, origin),
  ])
}

const decisions = async (strategy: StoredStrategy) =>
  (await findStrategyOrders(database.prisma, strategy, { below: null, above: null, backward: true, limit: 100 })).map(
    ({ predictionId, outcome }) => [predictionId, outcome],
  )
const enabled = async () => (await findEnabled(database.prisma)).map(({ id }) => id)
const standing = (strategy: StoredStrategy) =>
  findStanding(database.pool, strategy, dayOf(clock.now()), (before, price) => profitOf(btc, before, price))
const kill = (engaged: boolean) =>
  venue.carryOut([{ kind: 'SET_KILL_SWITCH', scope: 'ACCOUNT', target: 'acc_ada', engaged, ...by }])

/** Keeps answers back. @returns what lets them go. */
function holdAnswers(): () => void {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  venue.answer = async (acks) => {
    await held
    return acks
  }
  return release
}

test('a strategy that is switched off while it is being switched on is off, and acts on nothing', async () => {
  const strategy = await strategyOf()
  await Promise.all([trader.enable(strategy), trader.disable(strategy.id, 'USER')])
  await forecastUp()
  await trader.stop()
  expect(await enabled()).toEqual([])
  expect(await decisions(strategy)).toEqual([])
})

test('an order that was on its way when a kill switch came counts for whoever switches the strategy on again', async () => {
  const strategy = await strategyOf()
  await trader.enable(strategy)
  const release = holdAnswers()
  await forecastUp()
  await expect.poll(() => venue.bought, EVENTUALLY).toBeGreaterThan(0)
  await kill(true)
  await kill(false)
  const again = trader.enable(strategy)
  // Longer than it would take, did it not wait for the order.
  await Promise.race([again, sleep(500)])
  await forecastUp()
  release()
  await again
  expect(await enabled()).toEqual(['stg_1'])
  await forecastUp()
  await trader.stop()
  expect(venue.bought).toBe(1_000)
  expect(await decisions(strategy)).toEqual([['prd_1', 'PLACED']])
})

test('whoever may not trade any more has no strategy that does, and whoever still may keeps theirs', async () => {
  const strategy = await strategyOf()
  await trader.enable(strategy)
  const changed = async (roles: string[]) => {
    const data = { userId: strategy.userId, displayName: 'Ada', roles, disabled: false }
    const event = newEvent('user.changed', data, { source: 'enterprise', id: `evt_${roles.join()}`, time: NOON })
    const client = await database.pool.connect()
    await trader.heed([{ ...event, type: 'user.changed', data }], client)
    client.release()
  }
  await changed(['TRADER', 'ANALYST'])
  expect(await enabled()).toEqual(['stg_1'])
  await changed(['ANALYST'])
  expect(await enabled()).toEqual([])
  await forecastUp()
  await trader.stop()
  expect(await decisions(strategy)).toEqual([])
  expect((await database.prisma.strategy.findFirst())?.stoppedBecause).toBe('ACCESS_WITHDRAWN')
})

test('an order whose answer was lost is read from the record before the strategy goes on', async () => {
  const strategy = await strategyOf()
  await trader.enable(strategy)
  venue.answer = async () => [{ kind: 'REFUSED', code: 'OUTCOME_UNKNOWN' }]
  const { submit } = venue
  let asked = 0
  // Once the engine is away it says so at once: that is no answer about the order before.
  venue.submit = async (commands) =>
    asked++ === 0 ? submit.call(venue, commands) : [{ kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' }]
  await forecastUp()
  await expect.poll(() => venue.bought, EVENTUALLY).toBeGreaterThan(0)
  venue.submit = submit
  venue.answer = async (acks) => acks
  await forecastUp()
  await trader.stop()
  expect(venue.bought).toBe(1_000)
  expect(await decisions(strategy)).toEqual([['prd_1', 'PLACED']])
  expect(await standing(strategy)).toMatchObject({ position: 999_500n, cash: -6_000_100_000n, ordersToday: 1 })
})

test('the loss of a day counts from its first price, and before its first trade from the last one', async () => {
  const strategy = await strategyOf({ maxPosition: 2_000 })
  await trader.enable(strategy)
  await forecastUp()
  await expect.poll(() => decisions(strategy), EVENTUALLY).toEqual([['prd_1', 'PLACED']])
  clock.advance(DAY_MS)
  expect(await standing(strategy)).toMatchObject({ ordersToday: 0, profitAtDayStart: -6_000_100n })
  // 0.01 BTC have lost some 60 USDT of the 50 that it may lose.
  venue.bid.price = 5_400_000
  await forecastUp()
  await expect.poll(enabled, EVENTUALLY).toEqual([])
  expect(await database.prisma.strategy.findFirst()).toMatchObject({ stoppedBecause: 'DAILY_LOSS' })
  expect(await decisions(strategy)).toEqual([['prd_1', 'PLACED']])
})

test('of strategies that are written down at once each key makes one, and no more than are allowed', async () => {
  const made = await Promise.all(
    ['stg_a', 'stg_b', 'stg_c'].map(async (id) => (await strategyOf({ id, clientStrategyId: 'same' })).id),
  )
  expect(new Set(made).size).toBe(1)
  const many = await Promise.allSettled(
    Array.from({ length: 25 }, (_, at) => strategyOf({ id: `stg_${at}`, clientStrategyId: `${at}` })),
  )
  expect(many.filter(({ status }) => status === 'fulfilled')).toHaveLength(19)
})

test('a page behind a cursor that somebody made up is empty or whole', async () => {
  const strategy = await strategyOf()
  await trader.enable(strategy)
  await forecastUp()
  await expect.poll(() => decisions(strategy), EVENTUALLY).toEqual([['prd_1', 'PLACED']])
  const pageBelow = (time: number) =>
    findStrategyOrders(database.prisma, strategy, { below: [time, 'x'], above: null, backward: false, limit: 1 })
  expect(await pageBelow(Number.MAX_SAFE_INTEGER)).toHaveLength(1)
  expect(await pageBelow(Number.MIN_SAFE_INTEGER)).toEqual([])
})
