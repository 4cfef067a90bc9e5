import { NONE } from '../book/index.ts'
import type { Account } from './account.ts'
import type { Ack, OrderSnapshot } from './acks.ts'
import type {
  AmendOrder,
  CancelAll,
  CancelAllAfter,
  CancelOrder,
  PlaceBracket,
  PlaceOco,
  PlaceOrder,
} from './commands.ts'
import { amend } from './core/amending.ts'
import { placeBracket } from './core/brackets.ts'
import { cancelAll, cancelOrder, setDeadMan } from './core/cancelling.ts'
import { NO_ROLE, REASON } from './core/codes.ts'
import { Draft } from './core/draft.ts'
import { followUp } from './core/follow-up.ts'
import type { IntList } from './core/int-list.ts'
import { placePair } from './core/pairs.ts'
import { place } from './core/placing.ts'
import { exitsOf, fill, legsOf } from './drafting.ts'
import type { MarketEntry } from './market-entry.ts'
import type { Announced, Silent } from './narrator.ts'
import { roleIn } from './order-codes.ts'
import { orderId, parseOrderId } from './order-id.ts'
import { fillSnapshots, firstSnapshot, hasTerms, sequenceOf, snapshotNow } from './order-snapshots.ts'
import { refusalOf } from './refusals.ts'
import type { EngineState } from './state.ts'

/** An answer, or only its kind where nobody reads it. */
export type Answer = Ack | Exclude<Ack['kind'], 'REFUSED'>

const NOTHING_LINKED: readonly OrderSnapshot[] = []
/** The drafts of the one command that is applied at a time. */
const FIRST = new Draft()
const SECOND = new Draft()

export function placeOrder(state: EngineState, command: PlaceOrder): Answer {
  return placeAll(state, command.accountId, [command], (account, market) =>
    place(state.exchange, fill(FIRST, account, market, command)),
  )
}

export function placeOco(state: EngineState, command: PlaceOco): Answer {
  const { accountId, clientOrderId } = command
  const [limit, stop] = legsOf(command)
  const orders = [
    { ...limit, clientOrderId },
    { ...stop, clientOrderId: `${clientOrderId}.stop` },
  ]
  return placeAll(state, accountId, orders, (account, market) =>
    placePair(state.exchange, fill(FIRST, account, market, limit), fill(SECOND, account, market, stop)),
  )
}

export function placeWithExits(state: EngineState, command: PlaceBracket): Answer {
  const { accountId, clientOrderId, entry, stopLimitPrice } = command
  const [profit, loss] = exitsOf(command)
  const orders = [
    { ...entry, clientOrderId },
    { ...profit, clientOrderId: `${clientOrderId}.profit` },
    { ...loss, clientOrderId: `${clientOrderId}.stop` },
  ]
  const exits = { takeProfit: command.takeProfitPrice, stop: command.stopPrice, stopLimit: stopLimitPrice ?? 0 }
  return placeAll(state, accountId, orders, (account, market) =>
    placeBracket(state.exchange, fill(FIRST, account, market, entry), exits),
  )
}

type PlaceInCore = (account: number, market: number) => number

function placeAll(state: EngineState, accountId: string, orders: readonly Announced[], run: PlaceInCore): Answer {
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const repeated = repeatedAnswer(state, account, orders)
  if (repeated) return repeated
  const market = state.markets.get(orders[0]!.symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  state.narrator.announce(orders)
  if (run(account.index, market.index) === NONE) return refusalOf(state)
  return firstAnswer(state)
}

/** Places an order whose client order id was taken up, and which is new to its account. */
export function placeSilently(state: EngineState, draft: Draft, order: readonly Silent[]): Answer {
  state.narrator.announce(order)
  return place(state.exchange, draft) === NONE ? refusalOf(state) : firstAnswer(state)
}

function firstAnswer(state: EngineState): Answer {
  const { narrator, exchange, records } = state
  const { placed } = narrator
  const first = placed.at(0)
  for (let i = 0; i < placed.length; i++) records.standings.settleFirst(placed.at(i), exchange.orders)
  if (!narrator.isHeard) return 'PLACED'
  return {
    kind: 'PLACED',
    order: firstSnapshot(state, first),
    fills: fillSnapshots(state, first, exchange.sequence, narrator.ownFills),
    linked: placed.length === 1 ? NOTHING_LINKED : linkedOrders(state, placed),
    replayed: false,
  }
}

function linkedOrders(state: EngineState, placed: IntList): OrderSnapshot[] {
  const linked: OrderSnapshot[] = []
  for (let i = 1; i < placed.length; i++) linked.push(firstSnapshot(state, placed.at(i)))
  return linked
}

/** The answer to client order ids of which one is known already. */
function repeatedAnswer(state: EngineState, account: Account, orders: readonly Announced[]): Ack | null {
  const { records } = state
  if (areNew(state, account, orders)) return null
  const known = orders.map(({ clientOrderId }) => records.find(account.index, clientOrderId))
  const first = known[0]!
  if (first === NONE || !isRepeated(state, first, known, orders)) {
    const taken = known.find((record) => record !== NONE)!
    return { kind: 'REFUSED', code: 'CLIENT_ORDER_ID_REUSED', orderId: orderId(records.number(taken)) }
  }
  const linked = known.slice(1).filter((record) => record !== NONE)
  return {
    kind: 'PLACED',
    order: firstSnapshot(state, first),
    fills: fillSnapshots(state, first, sequenceIn(state, first), records.fills(first)),
    linked: linked.map((record) => firstSnapshot(state, record)),
    replayed: true,
  }
}

function areNew(state: EngineState, account: Account, orders: readonly Announced[]): boolean {
  for (let i = 0; i < orders.length; i++) {
    if (state.records.find(account.index, orders[i]!.clientOrderId) !== NONE) return false
  }
  return true
}

/** Whether the same command placed all that is still known of these orders, on the same terms. */
function isRepeated(state: EngineState, first: number, known: readonly number[], orders: readonly Announced[]) {
  const { records } = state
  if ((roleIn(records.codes(first)) !== NO_ROLE) !== orders.length > 1) return false
  const sequence = sequenceIn(state, first)
  return known.every(
    (record, i) => record === NONE || (sequenceIn(state, record) === sequence && hasTerms(state, record, orders[i]!)),
  )
}

const sequenceIn = ({ records }: EngineState, record: number) => sequenceOf(records.number(record))

/** Cancels the order of the client order id that was taken up. */
export function cancelSilently(state: EngineState, account: Account): Answer {
  const { exchange, records } = state
  const record = records.ids.find(account.index)
  const slot = record === NONE ? NONE : records.slot(record)
  return cancelOrder(exchange, account.index, slot) ? 'CANCELLED' : refusalOf(state)
}

export function cancelOne(state: EngineState, command: CancelOrder): Answer {
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const { exchange, records } = state
  const slot = findOpen(state, account, command)
  const record = slot === NONE ? NONE : records.of(slot)
  if (!cancelOrder(exchange, account.index, slot)) return refusalOf(state)
  if (!state.narrator.isHeard) return 'CANCELLED'
  return { kind: 'CANCELLED', engineSequence: exchange.sequence, order: snapshotNow(state, record) }
}

export function amendOne(state: EngineState, command: AmendOrder): Answer {
  const { exchange, narrator, records } = state
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const slot = findOpen(state, account, command)
  const record = slot === NONE ? NONE : records.of(slot)
  narrator.follow(slot)
  const outcome = amend(exchange, slot, command.quantity ?? 0, command.price ?? 0, command.stopPrice ?? 0)
  if (outcome === null) return refusalOf(state)
  if (!narrator.isHeard) return 'AMENDED'
  return {
    kind: 'AMENDED',
    engineSequence: exchange.sequence,
    order: snapshotNow(state, record),
    fills: fillSnapshots(state, record, exchange.sequence, narrator.ownFills),
    keptPriority: outcome,
  }
}

export function cancelEvery(state: EngineState, { accountId, symbol, side }: CancelAll): Ack {
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  let market: MarketEntry | undefined
  if (symbol !== null) {
    market = state.markets.get(symbol)
    if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  }
  const sideCode = side === null ? -1 : side === 'BUY' ? 0 : 1
  cancelAll(state.exchange, account.index, market?.index ?? -1, sideCode, REASON.MASS_CANCEL)
  // What it sets free may end orders of others.
  const orderIds = state.narrator.cancelledOrders.toSorted((a, b) => a - b).map(orderId)
  followUp(state.exchange)
  return { kind: 'ALL_CANCELLED', engineSequence: state.exchange.sequence, orderIds }
}

export function cancelEveryAfter(state: EngineState, { accountId, delayMs }: CancelAllAfter): Ack {
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const at = setDeadMan(state.exchange, account.index, delayMs)
  return { kind: 'CANCEL_ALL_AFTER_SET', engineSequence: state.exchange.sequence, at: at === 0 ? null : at }
}

/** The slot of an account's open or pending order, or NONE. */
function findOpen(state: EngineState, account: Account, names: CancelOrder | AmendOrder): number {
  const { records, exchange } = state
  if (names.clientOrderId === undefined) {
    const number = names.orderId === undefined ? null : parseOrderId(names.orderId)
    const slot = number === null ? NONE : exchange.index.get(number)
    return slot !== NONE && exchange.orders.pool.owner[slot] === account.index ? slot : NONE
  }
  const record = records.find(account.index, names.clientOrderId)
  return record === NONE ? NONE : records.slot(record)
}
