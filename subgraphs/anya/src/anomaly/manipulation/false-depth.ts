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
/** A spoof shows this many times what its owner was ready to trade. */
const OVERSIZED = 5
/** Different prices at which orders must have stood for them to be layers, and how many times as much they show. */
const LAYERS = 3
const LAYERED = 3
/** Trades and withdrawals that are remembered of an account in a market, and its newest orders; of the venue, orders and accounts. */
const REMEMBERED = 64
const SHOWN = 256
/** An account's orders are looked through for those that are over when there are so many. */
const FEW = 16
const LIVE_ORDERS = 100_000
const ACCOUNTS = 10_000

interface Shown {
  placed: Placed
  /** When it was placed or made larger. */
  changedAt: number
  traded: number
  closedAt: number
}

interface Served {
  readonly trade: Traded
  readonly side: Side
  /** Told of as spoofing: more withdrawals may make it layering, which is told of as well. */
  isTold: boolean
}

interface Activity {
  trades: Served[]
  withdrawn: Shown[]
  shown: Shown[]
  /** So many shown, those that are over are dropped. */
  sweepAt: number
}

/**
 * Depth that was never meant to trade: orders that stand on one side while their owner trades on the other, and are withdrawn untraded soon
 * after. Spoofing is many times what the owner was ready to trade there, layering less of it at several prices (US Dodd-Frank Act § 747; EU
 * Regulation 596/2014, annex I, A). Who quotes both sides alike and withdraws both is a maker that follows the market: what stood on the
 * side that traded, no farther from it, counts as readiness.
 */
export class FalseDepth {
  readonly #orders = new BoundedMap<string, Shown>(LIVE_ORDERS)
  readonly #accounts = new BoundedMap<string, Activity>(ACCOUNTS)

  /** @returns a suspicion where this event completes one */
  observe(event: OrderFlowEvent): Suspicion | undefined {
    if (event.type === 'ORDER_ACCEPTED') this.#place(event)
    else if (event.type === 'TRADE') this.#trade(event)
    else return this.#withdraw(event)
    return undefined
  }

  #place(placed: Placed): void {
    const before = this.#orders.get(placed.orderId)
    if (before) {
      // Made larger where it stands, it is the same order.
      before.placed = { ...placed, time: before.placed.time, quantity: before.traded + placed.quantity }
      before.changedAt = placed.time
      return
    }
    const order = { placed, changedAt: placed.time, traded: 0, closedAt: Infinity }
    this.#orders.set(placed.orderId, order)
    const activity = this.#activityOf(placed.accountId, placed.symbol)
    activity.shown.push(order)
    if (activity.shown.length < activity.sweepAt) return
    activity.shown = activity.shown.filter(isRecent(placed.time)).slice(-SHOWN)
    activity.sweepAt = Math.max(FEW, 2 * activity.shown.length)
  }

  #trade(trade: Traded): void {
    for (const role of ['maker', 'taker'] as const) {
      const party = trade[role]
      const order = this.#orders.get(party.orderId)
      if (order) order.traded += trade.quantity
      const { trades } = this.#activityOf(party.accountId, trade.symbol)
      trades.push({ trade, side: sideOf(trade, role), isTold: false })
      if (trades.length > REMEMBERED) trades.shift()
    }
  }

  #withdraw(event: Closed): Suspicion | undefined {
    const order = this.#orders.get(event.orderId)
    this.#orders.delete(event.orderId)
    if (!order) return undefined
    // What does not rest, or is closed by a rule, was no offer of its owner's any more.
    order.closedAt = event.reason === 'REQUESTED' ? event.time : -Infinity
    if (order.traded > 0 || event.reason !== 'REQUESTED' || order.placed.price === null) return undefined
    if (event.time - order.changedAt > SHORT_LIVED_MS) return undefined
    const activity = this.#activityOf(event.accountId, event.symbol)
    activity.withdrawn.push(order)
    if (activity.withdrawn.length > REMEMBERED) activity.withdrawn.shift()
    return this.#suspect(activity, event)
  }

  #suspect(activity: Activity, event: Closed): Suspicion | undefined {
    const served = activity.trades.filter(
      ({ trade, side }) => side === opposite(event.side) && event.time - trade.time <= AFTERMATH_MS,
    )
    const orders = activity.withdrawn.filter(
      (order) => order.placed.side === event.side && served.some(({ trade }) => stoodAt(order, trade)),
    )
    if (orders.length === 0) return undefined
    const layers = new Set(orders.map(({ placed }) => placed.price)).size
    const shown = orders.reduce((sum, { placed }) => sum + placed.quantity, 0)
    const ready = readiness(activity, served, orders)
    const kind = layers >= LAYERS && shown >= LAYERED * ready ? 'LAYERING' : 'SPOOFING'
    if (kind === 'SPOOFING' && (shown < OVERSIZED * ready || served.every(({ isTold }) => isTold))) return undefined
    for (const each of served) each.isTold = true
    if (kind === 'LAYERING') {
      activity.withdrawn = activity.withdrawn.filter((each) => !orders.includes(each))
      activity.trades = activity.trades.filter((each) => !served.includes(each))
    }
    return suspicion(kind, event, { served, orders, layers, shown, ready })
  }

  #activityOf(accountId: string, symbol: string): Activity {
    const key = `${accountId} ${symbol}`
    const activity = this.#accounts.get(key) ?? { trades: [], withdrawn: [], shown: [], sweepAt: FEW }
    this.#accounts.set(key, activity)
    return activity
  }
}

const isRecent =
  (time: number) =>
  ({ closedAt, placed, traded }: Shown) =>
    closedAt > time - SHORT_LIVED_MS && traded < placed.quantity

const stoodAt = ({ placed, closedAt }: Shown, { time }: Traded) => placed.time <= time && time <= closedAt

/**
 * What the owner traded, and what stood beside any of these trades once they were done, no farther from them than the orders withdrawn:
 * whoever quotes anew after each trade shows his orders as often on the one side as on the other.
 */
function readiness({ shown }: Activity, served: readonly Served[], withdrawn: readonly Shown[]): number {
  const { trade: first, side } = served[0]!
  const distance = (order: Shown) => {
    const { price } = order.placed
    const met = served.filter(({ trade }) => stoodAt(order, trade))
    return Math.min(Infinity, ...met.map(({ trade }) => Math.abs((price ?? Infinity) - trade.price)))
  }
  const reach = Math.max(...withdrawn.map(distance))
  const beside = shown.filter(
    (order) => order.placed.side === side && order.closedAt >= first.time && distance(order) <= reach,
  )
  const traded = served.reduce((sum, each) => sum + each.trade.quantity, 0)
  return beside.reduce((sum, order) => sum + Math.max(0, order.placed.quantity - order.traded), traded)
}

interface Depth {
  readonly served: readonly Served[]
  readonly orders: readonly Shown[]
  readonly layers: number
  /** In lots: what the orders showed, and what their owner was ready to trade on the other side. */
  readonly shown: number
  readonly ready: number
}

function suspicion(kind: Suspicion['kind'], event: Closed, { served, orders, layers, shown, ready }: Depth): Suspicion {
  const own = ({ trade }: Served) => (trade.maker.accountId === event.accountId ? trade.maker : trade.taker).orderId
  const traded = served.reduce((sum, { trade }) => sum + trade.quantity, 0)
  return {
    kind,
    symbol: event.symbol,
    accountIds: [event.accountId],
    from: Math.min(...orders.map(({ placed }) => placed.time)),
    to: event.time,
    orderIds: [...new Set([...orders.map(({ placed }) => placed.orderId), ...served.map(own)])],
    tradeIds: served.map(({ trade }) => trade.tradeId),
    explanation:
      `${orders.length} untraded ${event.side} of ${shown} lots at ${layers} prices stood while ${traded} of ${ready} lots that were ` +
      `offered on the other side traded, and were withdrawn within ${event.time - served[0]!.trade.time} ms`,
  }
}
