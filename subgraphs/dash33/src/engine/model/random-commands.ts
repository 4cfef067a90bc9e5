import fc from 'fast-check'
import { DEFAULT_RULES, type MarketRules } from '../../market/rules.ts'
import type { Command, MarketStatus } from '../commands.ts'
import {
  accountId,
  bracket,
  clientOrderId,
  kind,
  oco,
  often,
  one,
  perhaps,
  place,
  plainRecord,
  price,
  side,
  symbol,
} from './random-orders.ts'

export { START } from './random-orders.ts'

/** An order that a cancel or amendment names: the n-th latest, by either of its keys. */
export interface Named {
  readonly latest: number
  /** Of those that are open, or of all there ever were. */
  readonly open: boolean
  readonly byId: boolean
  /** Whether its own account asks. */
  readonly own: boolean
}

export interface Step {
  /** Milliseconds since the step before. */
  readonly after: number
  readonly command: Command
  readonly named: Named | null
}

const SYMBOLS = ['BTC-USDT', 'ETH-USDT']
const AUTHORISED = { changedBy: 'ops', reason: 'drill' }

const RULES: MarketRules = {
  ...DEFAULT_RULES,
  maxQuantity: 25,
  minNotional: 150,
  collarBps: 700,
  protectionBps: 250,
  priceBandBps: 300,
  bandWindowMs: 2_000,
  haltAuctionMs: 700,
}

/** Lots of each base asset, and what they are worth: one rich, one poor. */
const WEALTH = { ann: 60, bob: 150, eve: 40, joe: 14 }

/** Accounts with little of everything, and markets whose rules are easily met. */
export const opening: Command[] = [
  ...Object.entries(WEALTH).flatMap(([accountId, lots]): Command[] => [
    { kind: 'OPEN_ACCOUNT', accountId, userId: `user of ${accountId}` },
    { kind: 'CREDIT', accountId, asset: 'BTC', amount: lots * 1_000, reference: `${accountId} BTC` },
    { kind: 'CREDIT', accountId, asset: 'ETH', amount: lots * 10_000, reference: `${accountId} ETH` },
    { kind: 'CREDIT', accountId, asset: 'USDT', amount: lots * 600, reference: `${accountId} USDT` },
  ]),
  ...SYMBOLS.map((symbol): Command => ({ kind: 'SET_MARKET_RULES', symbol, rules: RULES, ...AUTHORISED })),
  {
    kind: 'SET_FEE_SCHEDULE',
    tiers: [
      { minVolume: 0, makerBps: 20, takerBps: 50 },
      { minVolume: 9_000, makerBps: 10, takerBps: 40 },
      { minVolume: 60_000, makerBps: 0, takerBps: 30 },
    ],
    ...AUTHORISED,
  },
]

const cancel = fc.record({ kind: fc.constant('CANCEL' as const), accountId, clientOrderId })
const amendment = fc.record({
  kind: fc.constant('AMEND' as const),
  accountId,
  clientOrderId,
  quantity: perhaps(fc.integer({ min: 1, max: 25 }), 1),
  price: perhaps(price, 1),
  stopPrice: perhaps(price, 1),
})
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
  haltAuctionMs: one(300, 700),
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

const anything: fc.Arbitrary<Command> = fc.oneof(
  { weight: 600, arbitrary: place },
  { weight: 80, arbitrary: oco },
  { weight: 80, arbitrary: bracket },
  { weight: 100, arbitrary: cancel },
  { weight: 140, arbitrary: amendment },
  { weight: 80, arbitrary: kind('TICK') },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('CANCEL_ALL' as const),
      accountId,
      symbol: perhaps(symbol, 1),
      side: perhaps(side, 1),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('CANCEL_ALL_AFTER' as const),
      accountId,
      delayMs: one(0, 400, 2_000, 6_000),
    }),
  },
  { weight: 4, arbitrary: killSwitch },
  { weight: 30, arbitrary: killSwitch.map((each) => ({ ...each, engaged: false })) },
  {
    weight: 25,
    arbitrary: fc
      .record({
        kind: fc.constant('SET_MARKET_STATUS' as const),
        symbol,
        status: one<MarketStatus>('TRADING', 'TRADING', 'TRADING', 'TRADING', 'AUCTION', 'AUCTION', 'PAUSED'),
        auctionMs: fc.constant(null),
        recording: perhaps(recording, 1),
      })
      .chain((command) =>
        perhaps(fc.integer({ min: 100, max: 900 })).map((auctionMs) =>
          command.status === 'AUCTION' ? { ...command, auctionMs } : command,
        ),
      ),
  },
  {
    weight: 4,
    arbitrary: rules.chain((each) =>
      symbol.map((market) => ({ kind: 'SET_MARKET_RULES' as const, symbol: market, rules: each, ...AUTHORISED })),
    ),
  },
  {
    weight: 9,
    arbitrary: fc
      .record({
        kind: fc.constant('SET_RISK_LIMITS' as const),
        profile: one('standard', 'tight'),
        symbol: perhaps(symbol, 1),
        limits,
      })
      .map((each) => ({ ...each, ...AUTHORISED })),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({
        kind: fc.constant('ASSIGN_RISK_PROFILE' as const),
        accountId,
        profile: one('standard', 'tight', 'market-maker'),
      })
      .map((each) => ({ ...each, ...AUTHORISED })),
  },
  {
    weight: 1,
    arbitrary: fc.constant({
      kind: 'SET_FEE_SCHEDULE' as const,
      tiers: [{ minVolume: 0, makerBps: 5, takerBps: 70 }],
      ...AUTHORISED,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('CREDIT' as const),
      accountId,
      asset: one('BTC', 'ETH', 'USDT', 'XRP'),
      amount: fc.integer({ min: 1, max: 20_000 }),
      reference: fc.integer({ min: 0, max: 40 }).map((n) => `gift ${n}`),
    }),
  },
)

const after = fc.oneof(
  { weight: 300, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 20, arbitrary: fc.integer({ min: 1_000, max: 5_000 }) },
  { weight: 1, arbitrary: one(86_400_000, 29 * 86_400_000) },
)
const named = fc.record({
  latest: fc.nat({ max: 10 }),
  open: often(5, fc.constant(true), fc.constant(false)),
  byId: fc.boolean(),
  own: often(15, fc.constant(true), fc.constant(false)),
})

/** Runs of commands of every kind over few accounts, markets and prices, so that they often meet. */
/** @param length at most */
export const steps = (length: number): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ after, command: anything, named }), { minLength: 1, maxLength: length, size: 'max' })

/** What a step needs to know of an order to name it. */
export interface Nameable {
  readonly accountId: string
  readonly orderId: string
  readonly clientOrderId: string
}

/** The command of a step, where `accepted` are the orders so far and `open` those that are still there, the latest last. */
export function commandOf(
  { command, named }: Step,
  accepted: readonly Nameable[],
  open: readonly Nameable[] = accepted,
): Command {
  if (named === null || (command.kind !== 'CANCEL' && command.kind !== 'AMEND')) return command
  const order = (named.open ? open : accepted).at(-1 - named.latest)
  if (!order) return command
  const { clientOrderId: _, accountId: other, ...rest } = command
  const key = named.byId ? { orderId: order.orderId } : { clientOrderId: order.clientOrderId }
  return { ...rest, accountId: named.own ? order.accountId : other, ...key }
}
