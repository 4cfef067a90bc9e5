import fc from 'fast-check'
import type { Command, MarketStatus } from '../commands.ts'
import { accountId, one, perhaps, plainRecord, symbol } from './random-orders.ts'

export const AUTHORISED = { changedBy: 'ops', reason: 'drill' }

const limits = plainRecord({
  maxOrderQuantity: perhaps(fc.integer({ min: 10, max: 20 })),
  maxOrderNotional: perhaps(fc.integer({ min: 1_000, max: 2_000 })),
  maxOpenOrders: perhaps(fc.integer({ min: 2, max: 12 })),
  maxPosition: perhaps(fc.integer({ min: 10, max: 160 })),
  maxExposure: perhaps(fc.integer({ min: 3_000, max: 30_000 })),
  maxMessagesPerSecond: perhaps(fc.integer({ min: 1, max: 5 })),
})
const rules = plainRecord({
  maxQuantity: one(0, 25, 18),
  minNotional: one(0, 150, 400),
  collarBps: one(0, 500, 700),
  protectionBps: one(100, 250, 0),
  priceBandBps: one(0, 200, 300),
  bandWindowMs: one(2_000, 1_300),
  haltAuctionMs: one(300, 700, 0),
})
const recording = fc.record({
  dataSet: one('aug', 'sep'),
  segment: one('a', 'b'),
  repetition: fc.integer({ min: 1, max: 2 }),
})
const killSwitch = fc
  .record({
    scope: one('ACCOUNT' as const, 'MARKET' as const, 'VENUE' as const),
    accountId,
    symbol,
    engaged: fc.boolean(),
  })
  .map(({ scope, accountId: account, symbol: market, engaged }) => ({
    kind: 'SET_KILL_SWITCH' as const,
    scope,
    target: scope === 'VENUE' ? '' : scope === 'ACCOUNT' ? account : market,
    engaged,
    ...AUTHORISED,
  }))

/** Most of them releases. */
export const killSwitches: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: killSwitch },
  { weight: 7, arbitrary: killSwitch.map((each) => ({ ...each, engaged: false })) },
)

export const statuses: fc.Arbitrary<Command> = fc
  .record({
    symbol,
    status: one<MarketStatus>('TRADING', 'TRADING', 'TRADING', 'TRADING', 'AUCTION', 'AUCTION', 'PAUSED'),
    auctionMs: perhaps(fc.integer({ min: 100, max: 900 })),
    recording: perhaps(recording, 1),
  })
  .map(({ auctionMs, ...rest }) => ({
    kind: 'SET_MARKET_STATUS',
    ...rest,
    auctionMs: rest.status === 'AUCTION' ? auctionMs : null,
  }))

const marketRules: fc.Arbitrary<Command> = fc
  .record({ symbol, rules })
  .map((each) => ({ kind: 'SET_MARKET_RULES', ...each, ...AUTHORISED }))
const riskLimits: fc.Arbitrary<Command> = fc
  .record({ profile: one('standard', 'tight'), symbol: perhaps(symbol, 1), limits })
  .map((each) => ({ kind: 'SET_RISK_LIMITS', ...each, ...AUTHORISED }))
const profiles: fc.Arbitrary<Command> = fc
  .record({ accountId, profile: one('standard', 'tight', 'market-maker') })
  .map((each) => ({ kind: 'ASSIGN_RISK_PROFILE', ...each, ...AUTHORISED }))
const fees: fc.Arbitrary<Command> = fc.constant({
  kind: 'SET_FEE_SCHEDULE',
  tiers: [{ minVolume: 0, makerBps: 5, takerBps: 70 }],
  ...AUTHORISED,
})
const credits: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('CREDIT' as const),
  accountId,
  asset: one('BTC', 'ETH', 'USDT', 'XRP'),
  amount: fc.integer({ min: 1, max: 20_000 }),
  reference: fc.integer({ min: 0, max: 40 }).map((n) => `gift ${n}`),
})

/** Rules, limits, profiles, fees and credits. */
export const settings: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: marketRules },
  { weight: 9, arbitrary: riskLimits },
  { weight: 4, arbitrary: profiles },
  { weight: 1, arbitrary: fees },
  { weight: 4, arbitrary: credits },
)
