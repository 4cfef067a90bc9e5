import { describe, expect, test } from 'vitest'
import { readFeeSchedule, readKillSwitch, readMarketRules, readRiskLimits } from './input.ts'
import { shownLimits, shownValues } from './values.ts'

const by = 'usr_operator'
const reason = 'drill'

describe('risk limits', () => {
  test('are read on the market’s grid, and shown as they were given', () => {
    const given = { profile: 'small', symbol: 'BTC-USDT', maxOrderQuantity: '0.5', maxExposure: '1000.25', reason }
    const read = readRiskLimits(given, by)
    expect(read).toEqual({
      command: {
        kind: 'SET_RISK_LIMITS',
        profile: 'small',
        symbol: 'BTC-USDT',
        limits: {
          maxOrderQuantity: 50_000,
          maxOrderNotional: null,
          maxOpenOrders: null,
          maxPosition: null,
          maxExposure: 10_002_500_000,
          maxMessagesPerSecond: null,
        },
        changedBy: by,
        reason,
      },
    })
    if (!('command' in read)) throw new Error('refused')
    expect(shownLimits('BTC-USDT', read.command.limits)).toMatchObject({
      maxOrderQuantity: '0.50000',
      maxExposure: '1000.2500000',
      maxOpenOrders: null,
    })
  })

  test.each([
    [{ profile: 'a b', reason }, 'input.profile'],
    [{ profile: 'a', reason: '' }, 'input.reason'],
    [{ profile: 'a', reason: 'é' }, 'input.reason'],
    [{ profile: 'a', maxPosition: '1', reason }, 'input.maxPosition'],
    [{ profile: 'a', symbol: 'BTC-USDT', maxPosition: '0.000001', reason }, 'input.maxPosition'],
    [{ profile: 'a', symbol: 'BTC-USDT', maxOrderNotional: '-1', reason }, 'input.maxOrderNotional'],
    [{ profile: 'a', symbol: 'BTC-USDT', maxOrderNotional: '1e3', reason }, 'input.maxOrderNotional'],
    [{ profile: 'a', symbol: 'BTC-USDT', maxMessagesPerSecond: 5, reason }, 'input.maxMessagesPerSecond'],
    [{ profile: 'a', maxOpenOrders: 50_001, reason }, 'input.maxOpenOrders'],
  ])('that cannot be are refused by their field: %j', (input, field) => {
    expect(readRiskLimits(input, by)).toMatchObject({ fault: { __typename: 'InvalidInput', field } })
  })

  test('of an unknown market are refused', () => {
    expect(readRiskLimits({ profile: 'a', symbol: 'XYZ-USDT', reason }, by)).toMatchObject({
      fault: { __typename: 'UnknownMarket', symbol: 'XYZ-USDT' },
    })
  })
})

test('market rules are read in percent, and 0 switches one off', () => {
  const input = {
    symbol: 'BTC-USDT',
    maxQuantity: '100',
    minNotional: '0',
    collarPercent: '5.25',
    protectionPercent: '0',
    priceBandPercent: '10',
    bandWindowMs: 300_000,
    haltAuctionMs: 60_000,
    reason,
  }
  const rules = {
    maxQuantity: 10_000_000,
    minNotional: 0,
    collarBps: 525,
    protectionBps: 0,
    priceBandBps: 1_000,
    bandWindowMs: 300_000,
    haltAuctionMs: 60_000,
  }
  expect(readMarketRules(input, by)).toMatchObject({ command: { symbol: 'BTC-USDT', rules } })
  expect(readMarketRules({ ...input, collarPercent: '100.01' }, by)).toMatchObject({
    fault: { field: 'input.collarPercent' },
  })
  expect(readMarketRules({ ...input, collarPercent: '0.001' }, by)).toMatchObject({
    fault: { field: 'input.collarPercent' },
  })
  expect(readMarketRules({ ...input, haltAuctionMs: 0 }, by)).toMatchObject({ fault: { field: 'input.haltAuctionMs' } })
  expect(shownValues(rules, 'BTC-USDT')).toContainEqual({ name: 'collarPercent', value: '5.25' })
  expect(shownValues(rules, 'BTC-USDT')).toContainEqual({ name: 'maxQuantity', value: '100.00000' })
})

test('a fee schedule begins at 0 and rises', () => {
  const tier = (minVolume: string) => ({ minVolume, makerFeePercent: '0.02', takerFeePercent: '0.05' })
  const read = (...volumes: string[]) => readFeeSchedule({ tiers: volumes.map(tier), reason }, by)
  expect(read('0', '1000000')).toMatchObject({
    command: { tiers: [{ minVolume: 0, makerBps: 2, takerBps: 5 }, { minVolume: 10_000_000_000_000 }] },
  })
  expect(read()).toMatchObject({ fault: { field: 'input.tiers' } })
  expect(read('1')).toMatchObject({ fault: { field: 'input.tiers.0.minVolume' } })
  expect(read('0', '5', '5')).toMatchObject({ fault: { field: 'input.tiers.2.minVolume' } })
  expect(shownValues({ tiers: [{ minVolume: 0, makerBps: 2, takerBps: 5 }] }, null)).toEqual([
    { name: 'tiers.0.minVolume', value: '0.0000000' },
    { name: 'tiers.0.makerFeePercent', value: '0.02' },
    { name: 'tiers.0.takerFeePercent', value: '0.05' },
  ])
})

test('a kill switch names what it stops, and the venue’s nothing', () => {
  const read = (scope: 'ACCOUNT' | 'MARKET' | 'VENUE', target?: string) =>
    readKillSwitch({ scope, ...(target === undefined ? {} : { target }), engaged: true, reason }, by)
  expect(read('VENUE')).toMatchObject({ command: { scope: 'VENUE', target: '', engaged: true } })
  expect(read('ACCOUNT', 'acc_1')).toMatchObject({ command: { target: 'acc_1' } })
  expect(read('MARKET', 'BTC-USDT')).toMatchObject({ command: { target: 'BTC-USDT' } })
  expect(read('VENUE', 'x')).toMatchObject({ fault: { field: 'input.target' } })
  expect(read('MARKET')).toMatchObject({ fault: { field: 'input.target' } })
  expect(read('MARKET', 'X-Y')).toMatchObject({ fault: { __typename: 'UnknownMarket' } })
  expect(read('ACCOUNT', 'usr_1')).toMatchObject({ fault: { field: 'input.target' } })
})
