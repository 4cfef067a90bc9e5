import { NONE } from '../book/index.ts'
import type { Account } from './account.ts'
import type { Ack } from './acks.ts'
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
import { REASON } from './core/codes.ts'
import { Draft } from './core/draft.ts'
import { followUp } from './core/follow-up.ts'
import { placePair } from './core/pairs.ts'
import { place } from './core/placing.ts'
import { exitsOf, fill, legsOf, sameTerms, termsOf } from './drafting.ts'
import type { MarketEntry } from './market-entry.ts'
import type { Announced } from './narrator.ts'
import { parseOrderId } from './order-id.ts'
import type { OrderRecord } from './order-record.ts'
import { refusalOf } from './refusals.ts'
import type { EngineState } from './state.ts'

/** The drafts of the one command that is applied at a time. */
const FIRST = new Draft()
const SECOND = new Draft()

export function placeOrder(state: EngineState, command: PlaceOrder): Ack {
  const orders = [{ clientOrderId: command.clientOrderId, terms: termsOf(command) }]
  return placeAll(state, command.accountId, orders, (account, market) =>
    place(state.exchange, fill(FIRST, account, market, command)),
  )
}

export function placeOco(state: EngineState, command: PlaceOco): Ack {
  const { accountId, clientOrderId } = command
  const [limit, stop] = legsOf(command)
  const orders = [
    { clientOrderId, terms: limit },
    { clientOrderId: `${clientOrderId}.stop`, terms: stop },
  ]
  return placeAll(state, accountId, orders, (account, market) =>
    placePair(state.exchange, fill(FIRST, account, market, limit), fill(SECOND, account, market, stop)),
  )
}

export function placeWithExits(state: EngineState, command: PlaceBracket): Ack {
  const { accountId, clientOrderId, entry, stopLimitPrice } = command
  const [profit, loss] = exitsOf(command)
  const orders = [
    { clientOrderId, terms: termsOf(entry) },
    { clientOrderId: `${clientOrderId}.profit`, terms: profit },
    { clientOrderId: `${clientOrderId}.stop`, terms: loss },
  ]
  const exits = { takeProfit: command.takeProfitPrice, stop: command.stopPrice, stopLimit: stopLimitPrice ?? 0 }
  return placeAll(state, accountId, orders, (account, market) =>
    placeBracket(state.exchange, fill(FIRST, account, market, entry), exits),
  )
}

type PlaceInCore = (account: number, market: number) => number

function placeAll(state: EngineState, accountId: string, orders: readonly Announced[], run: PlaceInCore): Ack {
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const repeated = repeatedAnswer(state, account, orders)
  if (repeated) return repeated
  const market = state.markets.get(orders[0]!.terms.symbol)
  if (!market) return { kind: 'REFUSED', code: 'UNKNOWN_MARKET' }
  state.narrator.announce(orders)
  if (run(account.index, market.index) === NONE) return refusalOf(state)
  return firstAnswer(state)
}

function firstAnswer(state: EngineState): Ack {
  const { narrator, exchange } = state
  const { placed } = narrator
  const first = placed[0]!
  first.fills = narrator.fills()
  for (let i = 0; i < placed.length; i++) placed[i]!.first = placed[i]!.standing(exchange.orders)
  return {
    kind: 'PLACED',
    order: first.snapshot(first.first!),
    fills: first.fillSnapshots(),
    linked: placed.length === 1 ? [] : placed.slice(1).map((record) => record.snapshot(record.first!)),
    replayed: false,
  }
}

/** The answer to client order ids of which one is known already. */
function repeatedAnswer(state: EngineState, account: Account, orders: readonly Announced[]): Ack | null {
  if (areNew(account, orders)) return null
  const known = orders.map(({ clientOrderId }) => account.orders.get(clientOrderId))
  const taken = known.find((record) => record !== undefined)
  if (taken === undefined) return null
  const first = known[0]
  if (!first || !isRepeated(first, known, orders)) {
    return { kind: 'REFUSED', code: 'CLIENT_ORDER_ID_REUSED', orderId: taken.id }
  }
  const linked = known.slice(1).filter((record) => record !== undefined)
  return {
    kind: 'PLACED',
    order: first.snapshot(first.first ?? first.standing(state.exchange.orders)),
    fills: first.fillSnapshots(),
    linked: linked.map((record) => record.snapshot(record.first ?? record.standing(state.exchange.orders))),
    replayed: true,
  }
}

function areNew(account: Account, orders: readonly Announced[]): boolean {
  for (let i = 0; i < orders.length; i++) if (account.orders.has(orders[i]!.clientOrderId)) return false
  return true
}

/** Whether the same command placed all that is still known of these orders, on the same terms. */
function isRepeated(first: OrderRecord, known: readonly (OrderRecord | undefined)[], orders: readonly Announced[]) {
  if ((first.groupId !== null) !== orders.length > 1) return false
  return known.every(
    (record, i) =>
      record === undefined || (record.sequence === first.sequence && sameTerms(record.terms, orders[i]!.terms)),
  )
}

export function cancelOne(state: EngineState, command: CancelOrder): Ack {
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const record = findOpen(state, account, command)
  if (!cancelOrder(state.exchange, account.index, record?.slot ?? NONE) || !record) return refusalOf(state)
  const order = record.snapshot(record.standing(state.exchange.orders))
  return { kind: 'CANCELLED', engineSequence: state.exchange.sequence, order }
}

export function amendOne(state: EngineState, command: AmendOrder): Ack {
  const { exchange, narrator } = state
  const account = state.accounts.get(command.accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const record = findOpen(state, account, command)
  const slot = record?.slot ?? NONE
  narrator.follow(slot)
  const outcome = amend(exchange, slot, command.quantity ?? 0, command.price ?? 0, command.stopPrice ?? 0)
  if (outcome === null || !record) return refusalOf(state)
  return {
    kind: 'AMENDED',
    engineSequence: exchange.sequence,
    order: record.snapshot(record.standing(exchange.orders)),
    fills: record.fillSnapshots(exchange.sequence, narrator.fills()),
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
  const orderIds = [...state.narrator.cancelledIds].sort()
  followUp(state.exchange)
  return { kind: 'ALL_CANCELLED', engineSequence: state.exchange.sequence, orderIds }
}

export function cancelEveryAfter(state: EngineState, { accountId, delayMs }: CancelAllAfter): Ack {
  const account = state.accounts.get(accountId)
  if (!account) return { kind: 'REFUSED', code: 'UNKNOWN_ACCOUNT' }
  const at = setDeadMan(state.exchange, account.index, delayMs)
  return { kind: 'CANCEL_ALL_AFTER_SET', engineSequence: state.exchange.sequence, at: at === 0 ? null : at }
}

function findOpen(state: EngineState, account: Account, names: CancelOrder | AmendOrder): OrderRecord | null {
  const record =
    names.clientOrderId === undefined ? byId(state, names.orderId) : account.orders.get(names.clientOrderId)
  return record && record.account === account && record.slot !== NONE ? record : null
}

function byId(state: EngineState, id: string | undefined): OrderRecord | undefined {
  const number = id === undefined ? null : parseOrderId(id)
  const slot = number === null ? NONE : state.exchange.index.get(number)
  return slot === NONE ? undefined : state.records[slot]
}
