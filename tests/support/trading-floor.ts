import type { Ack } from '../../subgraphs/dash33/src/engine/acks.ts'
import { inadmissible } from '../../subgraphs/dash33/src/engine/admission.ts'
import type {
  Command,
  MarketStatus,
  OrderTerms,
  PlaceBracket,
  PlaceOco,
  PlaceOrder,
} from '../../subgraphs/dash33/src/engine/commands.ts'
import { checkInvariants } from '../../subgraphs/dash33/src/engine/core/invariants.ts'
import { Engine } from '../../subgraphs/dash33/src/engine/engine.ts'
import type { EngineBatch, EngineEvent } from '../../subgraphs/dash33/src/engine/events.ts'
import { snapshotNow } from '../../subgraphs/dash33/src/engine/order-snapshots.ts'
import { DEFAULT_RULES, type MarketRules } from '../../subgraphs/dash33/src/market/rules.ts'

/** What each account begins with, of each asset: 1 lot of BTC is 1,000 units, 1 tick × 1 lot is 1 unit of USDT. */
export const WEALTH = 1_000_000_000

const SYMBOL = 'BTC-USDT'
const FREE: MarketRules = { ...DEFAULT_RULES, minNotional: 0, collarBps: 0, protectionBps: 500, priceBandBps: 0 }
const AUTHORISED = { changedBy: 'tests', reason: 'a story' }

/** An engine with one market, without market rules but a protection of 5 %, and a few wealthy accounts; each command is followed by all laws. */
export class TradingFloor {
  readonly engine = new Engine()
  time = Date.UTC(2026, 7, 1, 12)
  batch!: EngineBatch
  ack!: Ack

  constructor(rules: Partial<MarketRules> = {}) {
    for (const accountId of ['ann', 'bob', 'eve']) {
      this.tell({ kind: 'OPEN_ACCOUNT', accountId, userId: `user of ${accountId}` })
      for (const asset of ['BTC', 'USDT']) {
        this.tell({ kind: 'CREDIT', accountId, asset, amount: WEALTH, reference: `${accountId} ${asset}` })
      }
    }
    this.rules(rules)
  }

  /** @returns what happened, in short. @throws where the command is not admissible, or a law is broken after it */
  tell(command: Command): string[] {
    const refusal = inadmissible(command)
    if (refusal) throw new Error(`inadmissible: ${JSON.stringify(refusal)}`)
    const { batch, acks } = this.engine.applyBatch([command], this.time)
    this.batch = batch
    this.ack = acks[0]!
    checkInvariants(this.engine.state.exchange)
    return this.ack.kind === 'REFUSED' ? [refusalText(this.ack)] : batch.events.map(eventText)
  }

  rules(rules: Partial<MarketRules>): void {
    this.tell({ kind: 'SET_MARKET_RULES', symbol: SYMBOL, rules: { ...FREE, ...rules }, ...AUTHORISED })
  }

  buy(accountId: string, key: string, quantity: number, price: number | null, terms: Partial<OrderTerms> = {}) {
    return this.tell(order(accountId, key, 'BUY', quantity, price, terms))
  }

  sell(accountId: string, key: string, quantity: number, price: number | null, terms: Partial<OrderTerms> = {}) {
    return this.tell(order(accountId, key, 'SELL', quantity, price, terms))
  }

  oco(accountId: string, key: string, side: 'BUY' | 'SELL', terms: Pick<PlaceOco, 'quantity' | 'price' | 'stopPrice'>) {
    return this.tell({
      ...{ kind: 'PLACE_OCO', accountId, clientOrderId: key, symbol: SYMBOL, side, stopLimitPrice: null },
      ...{ postOnly: false, timeInForce: 'GTC', expiresAt: null, selfTradePrevention: 'EXPIRE_TAKER' },
      ...terms,
    })
  }

  bracket(
    accountId: string,
    key: string,
    side: 'BUY' | 'SELL',
    entry: { quantity: number; price: number | null },
    exits: Pick<PlaceBracket, 'takeProfitPrice' | 'stopPrice'>,
  ) {
    const terms = termsOf(side, entry.quantity, entry.price, {})
    return this.tell({
      kind: 'PLACE_BRACKET',
      accountId,
      clientOrderId: key,
      entry: terms,
      stopLimitPrice: null,
      ...exits,
    })
  }

  cancel(accountId: string, clientOrderId: string): string[] {
    return this.tell({ kind: 'CANCEL', accountId, clientOrderId })
  }

  amend(accountId: string, clientOrderId: string, to: { quantity?: number; price?: number; stopPrice?: number }) {
    const { quantity = null, price = null, stopPrice = null } = to
    return this.tell({ kind: 'AMEND', accountId, clientOrderId, quantity, price, stopPrice })
  }

  status(status: MarketStatus, auctionMs: number | null = null): string[] {
    return this.tell({ kind: 'SET_MARKET_STATUS', symbol: SYMBOL, status, auctionMs, recording: null })
  }

  /** Time passes, and is told. */
  wait(milliseconds: number): string[] {
    this.time += milliseconds
    return this.tell({ kind: 'TICK' })
  }

  /** A trade at a price, between two accounts that have nothing to do with the story: the last price is then that one. */
  trade(price: number): string[] {
    this.sell('bob', `s${this.engine.state.sequence}`, 1, price)
    return this.buy('eve', `b${this.engine.state.sequence}`, 1, price, { timeInForce: 'IOC' })
  }

  get book() {
    const market = this.engine.state.markets.get(SYMBOL)!
    return { bids: market.levels('BUY'), asks: market.levels('SELL') }
  }

  held(accountId: string, asset: 'BTC' | 'USDT'): number {
    const { accounts, assets, exchange } = this.engine.state
    return exchange.balances.held(accounts.get(accountId)!.index, assets.indexOf(asset))
  }

  available(accountId: string, asset: 'BTC' | 'USDT'): number {
    const { accounts, assets, exchange } = this.engine.state
    return exchange.balances.available(accounts.get(accountId)!.index, assets.indexOf(asset))
  }

  /** How an order stands. */
  state(accountId: string, key: string): string {
    const { state } = this.engine
    const record = state.records.find(state.accounts.get(accountId)!.index, key)
    const { status, filledQuantity, quantity } = snapshotNow(state, record)
    return `${status} ${filledQuantity}/${quantity}`
  }
}

function order(
  accountId: string,
  clientOrderId: string,
  side: 'BUY' | 'SELL',
  quantity: number,
  price: number | null,
  terms: Partial<OrderTerms>,
): PlaceOrder {
  return { kind: 'PLACE', accountId, clientOrderId, ...termsOf(side, quantity, price, terms) }
}

function termsOf(side: 'BUY' | 'SELL', quantity: number, price: number | null, terms: Partial<OrderTerms>): OrderTerms {
  return {
    symbol: SYMBOL,
    side,
    type: price === null ? 'MARKET' : 'LIMIT',
    timeInForce: price === null ? 'IOC' : 'GTC',
    price,
    quantity,
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: 'EXPIRE_TAKER',
    expiresAt: null,
    ...terms,
  }
}

const refusalText = (ack: Extract<Ack, { kind: 'REFUSED' }>) =>
  `REFUSED ${ack.code}${ack.code === 'RISK_LIMIT_EXCEEDED' ? ` ${ack.rule} ${ack.observed}/${ack.limit}` : ''}`

function eventText(event: EngineEvent): string {
  switch (event.type) {
    case 'ORDER_ACCEPTED':
      return `ACCEPTED ${event.clientOrderId} ${event.status}`
    case 'TRADE':
      return `TRADE ${event.quantity}@${event.price} ${event.maker.clientOrderId} ${event.taker.clientOrderId}`
    case 'ORDER_CANCELLED':
      return `${event.status} ${event.clientOrderId} ${event.cancelledQuantity} ${event.reason}`
    case 'ORDER_TRIGGERED':
      return `TRIGGERED ${event.clientOrderId} ${event.quantity} ${event.status}`
    case 'ORDER_AMENDED':
      return `AMENDED ${event.clientOrderId} ${event.remainingQuantity}/${event.quantity}@${event.price ?? event.stopPrice}${event.keptPriority ? ' KEPT' : ''}`
    case 'MARKET_STATUS_SET':
      return `${event.status} ${event.reason}`
    case 'AUCTION_UNCROSSED':
      return `UNCROSSED ${event.quantity}@${event.price}`
    case 'CANCEL_ALL_AFTER_SET':
      return `CANCEL_ALL_AFTER ${event.at === null ? 'off' : 'on'}`
    default:
      return event.type
  }
}
