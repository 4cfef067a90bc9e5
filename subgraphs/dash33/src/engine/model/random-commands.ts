import fc from 'fast-check'
import { DEFAULT_RULES, type MarketRules } from '../../market/rules.ts'
import type { Command } from '../commands.ts'
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
  price,
  side,
  symbol,
} from './random-orders.ts'

import { AUTHORISED, killSwitches, settings, statuses } from './random-settings.ts'

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
const cancelAll: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('CANCEL_ALL' as const),
  accountId,
  symbol: perhaps(symbol, 1),
  side: perhaps(side, 1),
})
const cancelAllAfter: fc.Arbitrary<Command> = fc.record({
  kind: fc.constant('CANCEL_ALL_AFTER' as const),
  accountId,
  delayMs: one(0, 400, 2_000, 6_000),
})

/** How often what happens. */
interface Mix {
  readonly orders: number
  readonly pairs: number
  readonly brackets: number
  readonly amendments: number
  readonly massCancels: number
  readonly statuses: number
  readonly settings: number
  readonly killSwitches: number
}

/** A little of everything; then what rarely meets by chance: groups of orders cut off in the middle, quiet rules with much trade, auctions. */
const MIXES: readonly Mix[] = [
  { orders: 60, pairs: 8, brackets: 8, amendments: 14, massCancels: 2, statuses: 3, settings: 3, killSwitches: 3 },
  { orders: 45, pairs: 10, brackets: 35, amendments: 5, massCancels: 8, statuses: 0, settings: 0, killSwitches: 0 },
  { orders: 80, pairs: 8, brackets: 4, amendments: 12, massCancels: 0, statuses: 0, settings: 1, killSwitches: 0 },
  { orders: 50, pairs: 12, brackets: 12, amendments: 14, massCancels: 1, statuses: 12, settings: 0, killSwitches: 0 },
]

const commandsOf = (mix: Mix): fc.Arbitrary<Command> =>
  fc.oneof(
    { weight: mix.orders, arbitrary: place },
    { weight: mix.pairs, arbitrary: oco },
    { weight: mix.brackets, arbitrary: bracket },
    { weight: mix.amendments, arbitrary: amendment },
    { weight: 10, arbitrary: cancel },
    { weight: 8, arbitrary: kind('TICK') },
    { weight: mix.massCancels, arbitrary: fc.oneof(cancelAll, cancelAllAfter) },
    { weight: mix.statuses, arbitrary: statuses },
    { weight: mix.settings, arbitrary: settings },
    { weight: mix.killSwitches, arbitrary: killSwitches },
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

/** Runs of commands of every kind over few accounts, markets and prices, so that they often meet. @param length at most */
export const steps = (length: number): fc.Arbitrary<Step[]> =>
  fc.oneof(
    ...MIXES.map((mix) =>
      fc.array(fc.record({ after, command: commandsOf(mix), named }), { minLength: 1, maxLength: length, size: 'max' }),
    ),
  )

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
