import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import type { Command, OrderTerms, SetMarketStatus } from '../engine/commands.ts'
import { Engine } from '../engine/engine.ts'
import { projectionWriter } from '../projections/index.ts'
import { findValuations } from './equity-store.ts'
import { performanceOf } from './performance.ts'

const START = Date.UTC(2026, 0, 1)
const MINUTE_MS = 60_000
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

const open = (name: string): Command[] => [
  { kind: 'OPEN_ACCOUNT', accountId: `acc_${name}`, userId: `usr_${name}` },
  ...['USDT', 'BTC', 'ETH'].map(
    (asset): Command => ({
      kind: 'CREDIT',
      accountId: `acc_${name}`,
      asset,
      amount: 10_000_000_000,
      reference: `${name} ${asset}`,
    }),
  ),
]

const auction = (symbol: string): SetMarketStatus => ({
  kind: 'SET_MARKET_STATUS',
  symbol,
  status: 'AUCTION',
  auctionMs: MINUTE_MS,
  recording: null,
})

const place = (name: string, symbol: string, side: OrderTerms['side'], price: number): Command => ({
  kind: 'PLACE',
  accountId: `acc_${name}`,
  clientOrderId: `${symbol} ${side}`,
  symbol,
  side,
  type: 'LIMIT',
  timeInForce: 'GTC',
  price,
  quantity: 1_000,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'NONE',
  expiresAt: null,
})

test('two markets that open with one command give what an account holds two first prices, and none of it is a return', async () => {
  const engine = new Engine()
  const at = (ms: number, ...commands: Command[]) => engine.applyBatch(commands, START + ms).batch
  const batches = [
    at(0, ...open('a'), ...open('b'), ...open('c'), auction('BTC-USDT'), auction('ETH-USDT')),
    at(
      1_000,
      place('a', 'BTC-USDT', 'SELL', 60_000),
      place('b', 'BTC-USDT', 'BUY', 60_000),
      place('a', 'ETH-USDT', 'SELL', 3_000),
      place('b', 'ETH-USDT', 'BUY', 3_000),
    ),
    at(MINUTE_MS, { kind: 'TICK' }),
    at(3 * MINUTE_MS, { kind: 'TICK' }),
  ]
  await projectionWriter(pool)(batches, 0)

  const { rows: flows } = await pool.query(
    `SELECT f.asset, f.engine_sequence FROM equity_flow f JOIN account a ON a.no = f.account_no
     WHERE a.id = 'acc_c' AND f.kind = 'FIRST_PRICE' ORDER BY f.asset`,
  )
  expect(flows.map(({ asset }) => asset)).toEqual(['BTC', 'ETH'])
  expect(new Set(flows.map(({ engine_sequence }) => engine_sequence)).size).toBe(1)

  // Who did not trade has only seen prices come up: nothing earned, nothing lost.
  const range = { from: START, to: START + 3 * MINUTE_MS, intervalMs: MINUTE_MS }
  const terms = { intervalMs: MINUTE_MS, riskFreeRate: 0, targetRate: 0 }
  const valuations = await findValuations(pool, 'acc_c', range)
  const { timeWeightedReturn, maximumDrawdown } = performanceOf(valuations, terms)
  expect(timeWeightedReturn).toBe(0)
  expect(maximumDrawdown).toBeNull()
})
