import {
  BoundedMap,
  type Closed,
  type OrderFlowEvent,
  opposite,
  type Placed,
  type Side,
  type Suspicion,
  sideOf,
  type Traded,
} from './order-flow.ts'

/** Who withdraws an order within this time did not wait for it to trade. */
const SHORT_LIVED_MS = 5_000
/** A trade counts as served by an order that was withdrawn at most this long after it. */
const AFTERMATH_MS = 2_000
/** A spoof shows this many times what its owner really traded. */
const OVERSIZED = 5
/** Different prices at which orders must have stood for them to be layers. */
const LAYERS = 3
/** Orders, trades and withdrawals that are remembered of an account in a market; of the venue, accounts. */
const REMEMBERED = 64
const LIVE_ORDERS = 100_000
const ACCOUNTS = 10_000

interface Live {
  readonly placed: Placed
  traded: boolean
}

interface Activity {
  trades: { trade: Traded; side: Side }[]
  withdrawn: { placed: Placed; at: number }[]
}

/**
 * Depth that was never meant to trade: orders that stand on one side while their owner trades on the other, and are withdrawn untraded soon
 * after. Spoofing is one order of many times what was traded, layering several at different prices (US Dodd-Frank Act § 747; EU
 * Regulation 596/2014, annex I, A).
 */
export class FalseDepth {
  readonly #live = new BoundedMap<string, Live>(LIVE_ORDERS)
  readonly #accounts = new BoundedMap<string, Activity>(ACCOUNTS)

  /** @returns a suspicion where this event completes one */
  observe(event: OrderFlowEvent): Suspicion | undefined {
    if (event.type === 'ORDER_ACCEPTED') this.#live.set(event.orderId, { placed: event, traded: false })
    else if (event.type === 'TRADE') this.#trade(event)
    else return this.#withdraw(event)
    return undefined
  }

  #trade(trade: Traded): void {
    for (const role of ['maker', 'taker'] as const) {
      const party = trade[role]
      const live = this.#live.get(party.orderId)
      if (live) live.traded = true
      const { trades } = this.#activityOf(party.accountId, trade.symbol)
      trades.push({ trade, side: sideOf(trade, role) })
      if (trades.length > REMEMBERED) trades.shift()
    }
  }

  #withdraw(event: Closed): Suspicion | undefined {
    const live = this.#live.get(event.orderId)
    this.#live.delete(event.orderId)
    if (!live || live.traded || event.reason !== 'REQUESTED' || live.placed.price === null) return undefined
    if (event.time - live.placed.time > SHORT_LIVED_MS) return undefined
    const activity = this.#activityOf(event.accountId, event.symbol)
    activity.withdrawn.push({ placed: live.placed, at: event.time })
    if (activity.withdrawn.length > REMEMBERED) activity.withdrawn.shift()
    return this.#suspect(activity, event)
  }

  #suspect(activity: Activity, event: Closed): Suspicion | undefined {
    const served = activity.trades.filter(
      ({ trade, side }) => side === opposite(event.side) && event.time - trade.time <= AFTERMATH_MS,
    )
    const orders = activity.withdrawn.filter(
      ({ placed, at }) =>
        placed.side === event.side && served.some(({ trade }) => placed.time <= trade.time && trade.time <= at),
    )
    const layers = new Set(orders.map(({ placed }) => placed.price)).size
    const traded = served.reduce((sum, { trade }) => sum + trade.quantity, 0)
    const shown = orders.reduce((sum, { placed }) => sum + placed.quantity, 0)
    const largest = orders.reduce((most, { placed }) => Math.max(most, placed.quantity), 0)
    if (layers < LAYERS && largest < OVERSIZED * traded) return undefined
    if (orders.length === 0) return undefined
    // The same orders and trades are told once.
    activity.withdrawn = activity.withdrawn.filter((each) => !orders.includes(each))
    activity.trades = activity.trades.filter((each) => !served.includes(each))
    const kind = layers >= LAYERS ? 'LAYERING' : 'SPOOFING'
    return {
      kind,
      symbol: event.symbol,
      accountIds: [event.accountId],
      from: Math.min(...orders.map(({ placed }) => placed.time)),
      to: event.time,
      orderIds: orders.map(({ placed }) => placed.orderId),
      tradeIds: served.map(({ trade }) => trade.tradeId),
      explanation:
        `${orders.length} untraded ${event.side} of ${shown} lots at ${layers} prices stood while ${traded} lots traded on the other side, ` +
        `and were withdrawn within ${event.time - served[0]!.trade.time} ms`,
    }
  }

  #activityOf(accountId: string, symbol: string): Activity {
    const key = `${accountId} ${symbol}`
    const activity = this.#accounts.get(key) ?? { trades: [], withdrawn: [] }
    this.#accounts.set(key, activity)
    return activity
  }
}
