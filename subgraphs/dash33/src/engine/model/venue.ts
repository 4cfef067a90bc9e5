import type { Instrument } from '../../market/instruments.ts'
import type { MarketRules } from '../../market/rules.ts'
import type { FeeTier, RiskLimits } from '../../risk/limits.ts'
import type { Ack, FillSnapshot, OrderSnapshot } from '../acks.ts'
import type { MarketStatus, OrderStatus, OrderTerms, Side } from '../commands.ts'
import type { CancelReason, EngineEvent, GroupRole, RecordingPass } from '../events.ts'

/** Where an order is: on its way to the book, on it, waiting for its stop price, waiting for its bracket's entry, or closed. */
export type Place = 'ARRIVING' | 'BOOK' | 'TRIGGER' | 'ENTRY' | 'CLOSED'

export interface ModelOrder {
  readonly id: string
  readonly clientOrderId: string
  readonly accountId: string
  readonly market: ModelMarket
  /** When it was accepted: the command, and the position among the command's orders. */
  readonly sequence: number
  readonly position: number
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly groupId: string | null
  readonly role: GroupRole | null
  terms: OrderTerms
  place: Place
  status: OrderStatus
  cancelReason: CancelReason | null
  filled: number
  filledQuote: number
  /** In the asset that it receives. */
  fees: number
  /** On the book: what it shows, and its place in the queue. */
  shown: number
  priority: number
  /** The price that the rules value it at, null for none. */
  value: number | null
  /** Of a stop: what the last price has to meet; null for a trailing stop that is not active. */
  stop: number | null
  /** Of a trailing stop: the best last price since its activation. */
  best: number | null
  /** The worst price that it trades at, null for any; of a trailing stop without price what it holds for until it is triggered. */
  worst: number | null
}

export interface ModelMarket {
  readonly index: number
  readonly instrument: Instrument
  rules: MarketRules
  status: MarketStatus
  auctionEndsAt: number | null
  recording: RecordingPass | null
  readonly played: Map<string, { pass: number; repetition: number; segments: string[] }>
  last: number | null
  window: number
  reference: number | null
}

export interface ModelAccount {
  readonly id: string
  readonly userId: string
  profile: string
  /** All that it owns of each asset; what is held of it follows from its orders. */
  readonly owned: Map<string, number>
  readonly volumes: Map<number, number>
  readonly acceptedAt: number[]
  cancelAllAt: number | null
}

export interface Profile {
  everywhere: RiskLimits | null
  readonly bySymbol: Map<string, RiskLimits>
}

/** The exchange's state as plain data: no index, no cache, nothing that follows from something else. */
export interface Venue {
  sequence: number
  time: number
  readonly markets: ModelMarket[]
  readonly accounts: Map<string, ModelAccount>
  /** By acceptance; closed ones until their command ends. */
  orders: ModelOrder[]
  /** Of all orders there ever were, by account and client order id. */
  readonly orderIds: Map<string, string>
  readonly answers: Map<string, { readonly command: string; readonly ack: Ack }>
  readonly credits: Map<string, { readonly content: string }>
  readonly supply: Map<string, number>
  readonly fees: Map<string, number>
  readonly switches: Set<string>
  readonly profiles: Map<string, Profile>
  tiers: readonly FeeTier[]
  priority: number
  /** Entries that closed with a fill and whose exits are not free yet. */
  readonly closedEntries: ModelOrder[]
  /** Markets whose stops are to be looked at, in the order in which they moved. */
  readonly moved: ModelMarket[]
  /** Orders that a running cancel takes anyway, whatever ties them. */
  leaving: ReadonlySet<ModelOrder>
  /** Of the command that is being applied. */
  events: EngineEvent[]
  trades: number
  fills: Map<ModelOrder, FillSnapshot[]>
}

/** A market's stops are to be looked at. */
export function move(venue: Venue, market: ModelMarket): void {
  if (!venue.moved.includes(market)) venue.moved.push(market)
}

export const opposite = (side: Side): Side => (side === 'BUY' ? 'SELL' : 'BUY')
export const isOpen = (order: ModelOrder): boolean => order.place !== 'CLOSED'
export const remaining = (order: ModelOrder): number => order.terms.quantity - order.filled
export const isMarketType = ({ type }: OrderTerms): boolean => type !== 'LIMIT' && type !== 'STOP_LIMIT'
export const mayRest = ({ type, timeInForce }: OrderTerms): boolean =>
  (type === 'LIMIT' || type === 'STOP_LIMIT') && timeInForce !== 'IOC' && timeInForce !== 'FOK'

export const paidAsset = ({ instrument }: ModelMarket, side: Side): string =>
  side === 'BUY' ? instrument.quoteAsset : instrument.baseAsset

export const byAge = (a: ModelOrder, b: ModelOrder): number => a.sequence - b.sequence || a.position - b.position

export function openOrders(venue: Venue, accountId?: string): ModelOrder[] {
  return venue.orders.filter((order) => isOpen(order) && (accountId === undefined || order.accountId === accountId))
}

/** One side of a book in the order in which it trades. */
export function queue(venue: Venue, market: ModelMarket, side: Side): ModelOrder[] {
  const direction = side === 'BUY' ? -1 : 1
  return venue.orders
    .filter((order) => order.place === 'BOOK' && order.market === market && order.terms.side === side)
    .sort((a, b) => direction * (a.terms.price! - b.terms.price!) || a.priority - b.priority)
}

/** What each price shows, best first. */
export function levels(venue: Venue, market: ModelMarket, side: Side): [price: number, quantity: number][] {
  const sums = new Map<number, number>()
  for (const { terms, shown } of queue(venue, market, side)) {
    sums.set(terms.price!, (sums.get(terms.price!) ?? 0) + shown)
  }
  return [...sums]
}

export const isCrossed = (venue: Venue, market: ModelMarket): boolean => {
  const [bid] = queue(venue, market, 'BUY')
  const [ask] = queue(venue, market, 'SELL')
  return bid !== undefined && ask !== undefined && bid.terms.price! >= ask.terms.price!
}

/** The other order of a pair that stands: of an OCO, or of exits that are free. */
export function otherLeg(venue: Venue, order: ModelOrder): ModelOrder | undefined {
  if (order.role === null || order.role === 'ENTRY' || order.place === 'ENTRY') return undefined
  return venue.orders.find(
    (each) => each !== order && each.groupId === order.groupId && each.role !== 'ENTRY' && isOpen(each),
  )
}

/** The exits of a bracket that wait for their entry. */
export const exitsOf = (venue: Venue, groupId: string | null): ModelOrder[] =>
  venue.orders.filter((order) => groupId !== null && order.groupId === groupId && order.place === 'ENTRY')

/** Whether an order holds nothing and spends what is available: a buy without a worst price. */
export const spends = ({ terms, worst }: ModelOrder): boolean =>
  terms.side === 'BUY' && terms.price === null && (terms.type === 'MARKET' || worst === null)

/** What an order alone needs. */
export function requirement(order: ModelOrder): number {
  const { instrument } = order.market
  if (order.terms.side === 'SELL') return remaining(order) * instrument.baseUnitsPerLot
  return spends(order) ? 0 : (order.terms.price ?? order.worst!) * remaining(order) * instrument.quoteUnitsPerTickLot
}

/** What is held for an order: nothing for one that closed or waits for its entry; for a pair the larger of the two, told with the older. */
export function holdOf(venue: Venue, order: ModelOrder): number {
  if (!isOpen(order) || order.place === 'ENTRY') return 0
  const other = otherLeg(venue, order)
  if (!other) return requirement(order)
  return byAge(order, other) < 0 ? Math.max(requirement(order), requirement(other)) : 0
}

export function held(venue: Venue, accountId: string, asset: string): number {
  return openOrders(venue, accountId)
    .filter((order) => paidAsset(order.market, order.terms.side) === asset)
    .reduce((sum, order) => sum + holdOf(venue, order), 0)
}

export const ownedBy = (venue: Venue, accountId: string, asset: string): number =>
  venue.accounts.get(accountId)!.owned.get(asset) ?? 0

export const available = (venue: Venue, accountId: string, asset: string): number =>
  ownedBy(venue, accountId, asset) - held(venue, accountId, asset)

export function namesOf(venue: Venue, order: ModelOrder) {
  return {
    orderId: order.id,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    userId: venue.accounts.get(order.accountId)!.userId,
    symbol: order.terms.symbol,
    side: order.terms.side,
  }
}

export function snapshot(order: ModelOrder): OrderSnapshot {
  return {
    ...order.terms,
    orderId: order.id,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    filledQuantity: order.filled,
    remainingQuantity: isOpen(order) ? remaining(order) : 0,
    filledQuoteAmount: order.filledQuote,
    status: order.status,
    cancelReason: order.cancelReason,
    groupId: order.groupId,
    role: order.role,
    createdAt: order.createdAt,
    engineSequence: order.sequence,
  }
}
