import { INSTRUMENTS, type Instrument } from '../../market/instruments.ts'
import { DEFAULT_RULES } from '../../market/rules.ts'
import {
  FEE_TIERS,
  MARKET_MAKER_LIMITS,
  MARKET_MAKER_PROFILE,
  STANDARD_LIMITS,
  STANDARD_PROFILE,
} from '../../risk/limits.ts'
import type { Ack } from '../acks.ts'
import type { CancelAll, CancelOrder, Command, Credit, OpenAccount } from '../commands.ts'
import type { EngineEvent } from '../events.ts'
import { amend, findOrder } from './amending.ts'
import { cancelEach } from './closing.ts'
import { place, refused } from './placing.ts'
import { changeSetting, setKillSwitch, setMarketStatus } from './settings.ts'
import { settle } from './settling.ts'
import { setCancelAllAfter, tick } from './time.ts'
import { add } from './trade.ts'
import { available, byAge, exitsOf, held, isOpen, openOrders, otherLeg, snapshot, type Venue } from './venue.ts'

/**
 * The whole exchange as `docs/TRADING.md` tells it, written to be read and not to be fast: the oracle that the engine is compared with in
 * tests. Nothing else uses it. It takes what an engine takes: admissible commands, each with the time.
 */
export class NaiveExchange {
  readonly venue: Venue

  constructor(instruments: readonly Instrument[] = INSTRUMENTS) {
    const assets = instruments.flatMap(({ baseAsset, quoteAsset }) => [baseAsset, quoteAsset])
    this.venue = {
      sequence: 0,
      time: 0,
      markets: instruments.map((instrument, index) => ({
        index,
        instrument,
        rules: DEFAULT_RULES,
        status: 'TRADING',
        auctionEndsAt: null,
        recording: null,
        played: new Map(),
        last: null,
        window: 0,
        reference: null,
      })),
      accounts: new Map(),
      orders: [],
      orderIds: new Map(),
      answers: new Map(),
      credits: new Map(),
      supply: new Map(assets.map((asset) => [asset, 0])),
      fees: new Map(assets.map((asset) => [asset, 0])),
      switches: new Set(),
      profiles: new Map([
        [STANDARD_PROFILE, { everywhere: STANDARD_LIMITS, bySymbol: new Map() }],
        [MARKET_MAKER_PROFILE, { everywhere: MARKET_MAKER_LIMITS, bySymbol: new Map() }],
      ]),
      tiers: FEE_TIERS,
      priority: 0,
      closedEntries: [],
      moved: [],
      leaving: new Set(),
      events: [],
      trades: 0,
      fills: new Map(),
    }
  }

  /** @param time milliseconds since the Unix epoch, never less than before */
  apply(command: Command, time: number): { ack: Ack; events: readonly EngineEvent[] } {
    const { venue } = this
    Object.assign(venue, { sequence: venue.sequence + 1, time, events: [], trades: 0, fills: new Map() })
    for (const market of venue.markets) {
      const window = Math.floor(time / market.rules.bandWindowMs)
      if (window !== market.window) Object.assign(market, { window, reference: market.last })
    }
    const ack = dispatch(venue, command)
    venue.orders = venue.orders.filter(isOpen)
    return { ack, events: venue.events }
  }
}

function dispatch(venue: Venue, command: Command): Ack {
  const engineSequence = venue.sequence
  switch (command.kind) {
    case 'OPEN_ACCOUNT':
      return openAccount(venue, command)
    case 'CREDIT':
      return credit(venue, command)
    case 'PLACE':
    case 'PLACE_OCO':
    case 'PLACE_BRACKET':
      return place(venue, command)
    case 'AMEND':
      return amend(venue, command)
    case 'CANCEL':
      return cancelOne(venue, command)
    case 'CANCEL_ALL':
      return cancelAll(venue, command)
    case 'CANCEL_ALL_AFTER':
      return setCancelAllAfter(venue, command)
    case 'SET_KILL_SWITCH':
      return setKillSwitch(venue, command)
    case 'SET_MARKET_STATUS':
      return setMarketStatus(venue, command)
    case 'TICK':
      tick(venue)
      return { kind: 'TICKED', engineSequence }
    default:
      return changeSetting(venue, command)
  }
}

function openAccount(venue: Venue, { accountId, userId }: OpenAccount): Ack {
  const known = venue.accounts.get(accountId)
  if (known && known.userId !== userId) return refused('ACCOUNT_ID_REUSED')
  if (!known) {
    venue.accounts.set(accountId, {
      id: accountId,
      userId,
      profile: STANDARD_PROFILE,
      owned: new Map(),
      volumes: new Map(),
      acceptedAt: [],
      cancelAllAt: null,
    })
    venue.events.push({ type: 'ACCOUNT_OPENED', engineSequence: venue.sequence, accountId, userId })
  }
  return { kind: 'ACCOUNT_OPENED', engineSequence: venue.sequence, accountId, replayed: known !== undefined }
}

function credit(venue: Venue, { accountId, asset, amount, reference }: Credit): Ack {
  const account = venue.accounts.get(accountId)
  if (!account) return refused('UNKNOWN_ACCOUNT')
  const supply = venue.supply.get(asset)
  if (supply === undefined) return refused('UNKNOWN_ASSET')
  const content = JSON.stringify([accountId, asset, amount])
  const known = venue.credits.get(reference)
  if (known && known.content !== content) return refused('REFERENCE_REUSED')
  if (!known) {
    if (!Number.isSafeInteger(supply + amount)) return { kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'supply' }
    venue.credits.set(reference, { content })
    add(venue.supply, asset, amount)
    add(account.owned, asset, amount)
    const { userId } = account
    const engineSequence = venue.sequence
    venue.events.push({ type: 'CREDITED', engineSequence, accountId, userId, asset, amount, reference })
  }
  return {
    kind: 'CREDITED',
    engineSequence: venue.sequence,
    accountId,
    asset,
    available: available(venue, accountId, asset),
    held: held(venue, accountId, asset),
    replayed: known !== undefined,
  }
}

function cancelOne(venue: Venue, command: CancelOrder): Ack {
  if (!venue.accounts.has(command.accountId)) return refused('UNKNOWN_ACCOUNT')
  const order = findOrder(venue, command)
  if (!order) return refused('ORDER_NOT_OPEN')
  const other = otherLeg(venue, order)
  const exits = order.place === 'ENTRY' ? exitsOf(venue, order.groupId) : []
  cancelEach(venue, [...new Set([order, ...(other ? [other] : []), ...exits])], 'REQUESTED')
  settle(venue)
  return { kind: 'CANCELLED', engineSequence: venue.sequence, order: snapshot(order) }
}

function cancelAll(venue: Venue, { accountId, symbol, side }: CancelAll): Ack {
  if (!venue.accounts.has(accountId)) return refused('UNKNOWN_ACCOUNT')
  if (symbol !== null && !venue.markets.some(({ instrument }) => instrument.symbol === symbol)) {
    return refused('UNKNOWN_MARKET')
  }
  const orders = openOrders(venue, accountId)
    .filter(({ terms }) => (symbol ?? terms.symbol) === terms.symbol && (side ?? terms.side) === terms.side)
    .sort(byAge)
  cancelEach(venue, orders, 'MASS_CANCEL')
  const orderIds = venue.events.flatMap((event) => (event.type === 'ORDER_CANCELLED' ? [event.orderId] : [])).sort()
  settle(venue)
  return { kind: 'ALL_CANCELLED', engineSequence: venue.sequence, orderIds }
}
