import { expect, test } from 'vitest'
import { batch } from '../../../../tests/support/engine-events.ts'
import { DEFAULT_RULES } from '../market/rules.ts'
import { STANDARD_LIMITS } from '../risk/limits.ts'
import { foldSettings } from './projection.ts'

const by = { changedBy: 'usr_ops', reason: 'a drill' }
const kill = (engineSequence: number, target: string, engaged: boolean) =>
  ({ type: 'KILL_SWITCH_SET', engineSequence, scope: 'MARKET', target, engaged, ...by }) as const

test('every change is kept, and of each setting the last is what is set', () => {
  const { changes, last } = foldSettings([
    batch(1, [kill(1, 'BTC-USDT', true)]),
    batch(2, [kill(2, 'BTC-USDT', false), kill(3, 'ETH-USDT', true)]),
  ])
  expect(changes.map(({ engineSequence, target, after }) => [engineSequence, target, after])).toEqual([
    [1, 'BTC-USDT', { scope: 'MARKET', engaged: true }],
    [2, 'BTC-USDT', { scope: 'MARKET', engaged: false }],
    [3, 'ETH-USDT', { scope: 'MARKET', engaged: true }],
  ])
  expect(last.map(({ engineSequence }) => engineSequence)).toEqual([2, 3])
})

test('a change says what was before, what is after, who did it, why and when', () => {
  const rules = { ...DEFAULT_RULES, collarBps: 300 }
  const set = { type: 'MARKET_RULES_SET', engineSequence: 7, symbol: 'BTC-USDT', before: DEFAULT_RULES, rules, ...by }
  expect(foldSettings([batch(7, [{ ...set, type: 'MARKET_RULES_SET' }])]).changes).toEqual([
    {
      engineSequence: 7,
      setting: 'MARKET_RULES',
      target: 'BTC-USDT',
      before: DEFAULT_RULES,
      after: rules,
      changedBy: 'usr_ops',
      reason: 'a drill',
      at: 7_000,
    },
  ])
})

test('limits of a profile in one market and in all are two settings', () => {
  const limits = (engineSequence: number, symbol: string | null) =>
    ({
      type: 'RISK_LIMITS_SET',
      engineSequence,
      profile: 'new',
      symbol,
      before: null,
      limits: STANDARD_LIMITS,
      ...by,
    }) as const
  const { changes, last } = foldSettings([batch(1, [limits(1, null), limits(2, 'BTC-USDT')])])
  expect(last).toHaveLength(2)
  expect(changes.map(({ target, before }) => [target, before])).toEqual([
    ['new *', null],
    ['new BTC-USDT', null],
  ])
})
