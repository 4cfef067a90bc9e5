import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { Engine } from '../engine/engine.ts'
import { DEFAULT_RULES } from '../market/rules.ts'
import { projectionWriter } from '../projections/index.ts'
import { STANDARD_LIMITS } from '../risk/limits.ts'

const by = { changedBy: 'usr_ops', reason: 'a drill' }
const tiers = (takerBps: number) => [{ minVolume: 0, makerBps: 1, takerBps }]

test('what the operators set is there as it was last set, every change stays with who and why, and the others hear of each', async () => {
  const database = await freshDatabase('dash33')
  const pool = new Pool(poolConfig(database.url))
  const rows = async (text: string) => (await pool.query<Record<string, unknown>>(text)).rows
  const { batch } = new Engine().applyBatch(
    [
      { kind: 'OPEN_ACCOUNT', accountId: 'acc_a', userId: 'usr_a' },
      { kind: 'SET_RISK_LIMITS', profile: 'new', symbol: null, limits: STANDARD_LIMITS, ...by },
      { kind: 'ASSIGN_RISK_PROFILE', accountId: 'acc_a', profile: 'new', ...by },
      { kind: 'SET_MARKET_RULES', symbol: 'BTC-USDT', rules: { ...DEFAULT_RULES, collarBps: 300 }, ...by },
      { kind: 'SET_FEE_SCHEDULE', tiers: tiers(7), ...by },
      { kind: 'SET_FEE_SCHEDULE', tiers: tiers(6), ...by },
      { kind: 'SET_KILL_SWITCH', scope: 'ACCOUNT', target: 'acc_a', engaged: true, ...by },
      { kind: 'SET_KILL_SWITCH', scope: 'ACCOUNT', target: 'acc_a', engaged: false, ...by },
    ],
    1_000,
  )
  await projectionWriter(pool)([batch], 0)
  expect(await rows('SELECT profile, symbol, max_open_orders FROM risk_limit')).toEqual([
    { profile: 'new', symbol: '', max_open_orders: STANDARD_LIMITS.maxOpenOrders },
  ])
  expect(await rows('SELECT id, profile FROM risk_assignment JOIN account ON no = account_no')).toEqual([
    { id: 'acc_a', profile: 'new' },
  ])
  expect(await rows('SELECT symbol, collar_bps FROM market_rule')).toEqual([{ symbol: 'BTC-USDT', collar_bps: 300 }])
  expect(await rows('SELECT taker_bps, engine_sequence FROM fee_tier')).toEqual([
    { taker_bps: 6, engine_sequence: '6' },
  ])
  expect(await rows('SELECT scope, target, engaged FROM kill_switch')).toEqual([
    { scope: 'ACCOUNT', target: 'acc_a', engaged: false },
  ])
  const changes = await rows('SELECT * FROM venue_change ORDER BY engine_sequence')
  expect(changes.map(({ setting, target }) => [setting, target])).toEqual([
    ['RISK_LIMITS', 'new *'],
    ['RISK_PROFILE', 'acc_a'],
    ['MARKET_RULES', 'BTC-USDT'],
    ['FEE_SCHEDULE', ''],
    ['FEE_SCHEDULE', ''],
    ['KILL_SWITCH', 'acc_a'],
    ['KILL_SWITCH', 'acc_a'],
  ])
  expect(changes[4]).toMatchObject({
    before: { tiers: tiers(7) },
    after: { tiers: tiers(6) },
    changed_by: 'usr_ops',
    reason: 'a drill',
    changed_at: new Date(1_000),
  })
  expect(await rows(`SELECT event->>'id' AS id FROM outbox_event ORDER BY position`)).toEqual(
    [2, 3, 4, 5, 6, 7, 8].map((sequence) => ({ id: `set_${sequence}` })),
  )
  await expect(pool.query(`UPDATE venue_change SET reason = 'another'`)).rejects.toThrow('never changed')
  await expect(pool.query('DELETE FROM venue_change')).rejects.toThrow('never changed')
  await pool.end()
  await database.drop()
})
