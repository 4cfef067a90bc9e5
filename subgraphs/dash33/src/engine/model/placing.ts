import type { Ack, Refusal } from '../acks.ts'
import type { KillSwitchScope, OrderTerms, PlaceBracket, PlaceOco, PlaceOrder } from '../commands.ts'
import type { GroupRole } from '../events.ts'
import { orderId } from '../order-id.ts'
import { arrive } from './matching.ts'
import { activates, bracketInOrder, crosses, meets, pairInOrder, protection, trailing } from './prices.ts'
import { brokenRule } from './rules.ts'
import { settle } from './settling.ts'
import { faultsOf, termsOf } from './shape.ts'
import {
  available,
  type ModelMarket,
  type ModelOrder,
  namesOf,
  opposite,
  paidAsset,
  queue,
  requirement,
  snapshot,
  type Venue,
} from './venue.ts'

const DAY_MS = 86_400_000
type Placing = PlaceOrder | PlaceOco | PlaceBracket
type Code = Exclude<Refusal['code'], 'INVALID_COMMAND'>

const SUFFIXES = { PLACE: [''], PLACE_OCO: ['', '.stop'], PLACE_BRACKET: ['', '.profit', '.stop'] } as const
const ROLES: Record<Placing['kind'], readonly (GroupRole | null)[]> = {
  PLACE: [null],
  PLACE_OCO: ['OCO_LIMIT', 'OCO_STOP'],
  PLACE_BRACKET: ['ENTRY', 'TAKE_PROFIT', 'STOP_LOSS'],
}

export function place(venue: Venue, command: Placing): Ack {
  const answer = venue.answers.get(`${command.accountId} ${command.clientOrderId}`)
  const content = JSON.stringify(command)
  if (answer?.command === content && answer.ack.kind === 'PLACED') return { ...answer.ack, replayed: true }
  const refusal = refusalOf(venue, command)
  if (refusal) return refusal

  const orders = accept(venue, command)
  for (const order of orders) tellAccepted(venue, order)
  const [first, ...linked] = orders
  if (first!.terms.type === 'LIMIT' || first!.terms.type === 'MARKET') arrive(venue, first!)
  settle(venue)
  venue.accounts.get(command.accountId)!.acceptedAt.push(venue.time)
  const ack: Ack = {
    kind: 'PLACED',
    order: snapshot(first!),
    fills: venue.fills.get(first!) ?? [],
    linked: linked.map(snapshot),
    replayed: false,
  }
  venue.answers.set(`${command.accountId} ${command.clientOrderId}`, { command: content, ack })
  return ack
}

function refusalOf(venue: Venue, command: Placing): Refusal | null {
  const account = venue.accounts.get(command.accountId)
  if (!account) return refused('UNKNOWN_ACCOUNT')
  for (const suffix of SUFFIXES[command.kind]) {
    const id = command.clientOrderId + suffix
    const known = venue.orderIds.get(`${account.id} ${id}`)
    if (known) return { kind: 'REFUSED', code: 'CLIENT_ORDER_ID_REUSED', orderId: known }
  }
  const all = termsOf(command)
  const [terms] = all as [OrderTerms]
  const market = venue.markets.find(({ instrument }) => instrument.symbol === terms.symbol)
  if (!market) return refused('UNKNOWN_MARKET')
  const engaged = switchOf(venue, market, account.id)
  if (engaged) return { kind: 'REFUSED', code: 'KILL_SWITCH_ENGAGED', scope: engaged }
  if (market.status === 'PAUSED') return refused('MARKET_PAUSED')
  const [fault] = all.flatMap((each) => faultsOf(each, market))
  if (fault) return refused(fault)
  const late = timeFault(venue, command, terms, market)
  if (late) return refused(late)

  const orders = all.map((_, position) => draft(venue, market, command, position))
  // Exits reduce risk.
  for (const { terms: each, value } of command.kind === 'PLACE_BRACKET' ? orders.slice(0, 1) : orders) {
    const { quantity } = each
    const candidate = { account, market, terms: each, value, quantity, orders: all.length, replaces: null }
    const broken = brokenRule(venue, candidate)
    if (broken) return broken
  }
  if (terms.postOnly && wouldTrade(venue, market, terms)) return refused('POST_ONLY_WOULD_TRADE')
  return shortage(venue, command, orders)
}

/** What depends on the moment. */
function timeFault(venue: Venue, command: Placing, terms: OrderTerms, market: ModelMarket): Code | null {
  if (!pricesInOrder(command, terms, market)) return 'PRICES_OUT_OF_ORDER'
  const waits = terms.timeInForce !== 'IOC' && terms.timeInForce !== 'FOK'
  if (market.status === 'AUCTION' && (terms.type === 'MARKET' || !waits)) return 'NOT_IN_AUCTION'
  if (terms.expiresAt !== null && terms.expiresAt <= venue.time) return 'EXPIRY_IN_THE_PAST'
  const isStop = terms.type === 'STOP' || terms.type === 'STOP_LIMIT'
  const met = isStop && market.last !== null && meets(terms.side, market.last, terms.stopPrice!)
  return met ? 'WOULD_TRIGGER_AT_ONCE' : null
}

function pricesInOrder(command: Placing, terms: OrderTerms, { last }: ModelMarket): boolean {
  if (command.kind === 'PLACE') return true
  if (command.kind === 'PLACE_OCO') return pairInOrder(terms.side, command.price, command.stopPrice, last)
  const entry = terms.type === 'MARKET' ? last : terms.price
  return bracketInOrder(terms.side, command.stopPrice, entry, command.takeProfitPrice)
}

export function wouldTrade(venue: Venue, market: ModelMarket, terms: OrderTerms): boolean {
  const [best] = queue(venue, market, opposite(terms.side))
  return market.status === 'TRADING' && best !== undefined && crosses(terms.side, terms.price, best.terms.price!)
}

function shortage(venue: Venue, command: Placing, orders: readonly ModelOrder[]): Refusal | null {
  const [order] = orders as [ModelOrder]
  const { market, terms } = order
  const asset = paidAsset(market, terms.side)
  const free = available(venue, command.accountId, asset)
  const pair = command.kind === 'PLACE_OCO' ? orders : [order]
  const needed = Math.max(...pair.map(requirement))
  // One that spends what is available must be able to buy something.
  const [best] = needed === 0 ? queue(venue, market, 'SELL') : []
  const required = best ? best.terms.price! * market.instrument.quoteUnitsPerTickLot : needed
  return required <= free ? null : { kind: 'REFUSED', code: 'INSUFFICIENT_BALANCE', asset, required, available: free }
}

function accept(venue: Venue, command: Placing): ModelOrder[] {
  const market = venue.markets.find(({ instrument }) => instrument.symbol === termsOf(command)[0]!.symbol)!
  const orders = termsOf(command).map((_, position) => draft(venue, market, command, position))
  venue.orders.push(...orders)
  for (const { accountId, clientOrderId, id } of orders) venue.orderIds.set(`${accountId} ${clientOrderId}`, id)
  return orders
}

/** An order as it would be accepted now. */
function draft(venue: Venue, market: ModelMarket, command: Placing, position: number): ModelOrder {
  const terms = termsOf(command)[position]!
  const { last } = market
  const isExit = command.kind === 'PLACE_BRACKET' && position > 0
  const isArriving = !isExit && (terms.type === 'LIMIT' || terms.type === 'MARKET')
  const best = terms.type === 'TRAILING_STOP' && last !== null && activates(terms, last) ? last : null
  const stop = best === null ? (terms.type === 'TRAILING_STOP' ? null : terms.stopPrice) : trailing(terms, best)
  const first = stop ?? terms.stopPrice
  return {
    id: idOf(venue, position),
    clientOrderId: command.clientOrderId + SUFFIXES[command.kind][position],
    accountId: command.accountId,
    market,
    sequence: venue.sequence,
    position,
    createdAt: venue.time,
    expiresAt: terms.timeInForce === 'DAY' ? (Math.floor(venue.time / DAY_MS) + 1) * DAY_MS : terms.expiresAt,
    groupId: command.kind === 'PLACE' ? null : idOf(venue, 0),
    role: ROLES[command.kind][position]!,
    terms,
    place: isArriving ? 'ARRIVING' : isExit ? 'ENTRY' : 'TRIGGER',
    status: isArriving ? 'OPEN' : 'PENDING',
    cancelReason: null,
    filled: 0,
    filledQuote: 0,
    fees: 0,
    shown: 0,
    priority: 0,
    value: priceFor(venue, market, terms),
    stop,
    best,
    worst: terms.price ?? (first === null ? null : protection(market, terms.side, first)),
  }
}

/** The price that the rules value an order at, null where there is none yet. */
export function priceFor(venue: Venue, market: ModelMarket, terms: OrderTerms): number | null {
  if (terms.price !== null) return terms.price
  if (terms.type !== 'MARKET') return terms.stopPrice ?? market.last
  return queue(venue, market, opposite(terms.side))[0]?.terms.price ?? null
}

/** Four ids belong to each command. */
const idOf = ({ sequence }: Venue, position: number): string => orderId(4 * sequence + position)

export function switchOf({ switches }: Venue, market: ModelMarket, accountId: string): KillSwitchScope | null {
  if (switches.has('VENUE ')) return 'VENUE'
  if (switches.has(`MARKET ${market.instrument.symbol}`)) return 'MARKET'
  return switches.has(`ACCOUNT ${accountId}`) ? 'ACCOUNT' : null
}

function tellAccepted(venue: Venue, order: ModelOrder): void {
  venue.events.push({
    type: 'ORDER_ACCEPTED',
    engineSequence: venue.sequence,
    ...namesOf(venue, order),
    terms: order.terms,
    expiresAt: order.expiresAt,
    status: order.status === 'PENDING' ? 'PENDING' : 'OPEN',
    groupId: order.groupId,
    role: order.role,
  })
}

export const refused = (code: string): Refusal => ({ kind: 'REFUSED', code }) as Refusal
