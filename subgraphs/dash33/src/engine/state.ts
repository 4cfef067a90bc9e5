import type { OrderBook } from '../book/index.ts'
import type { Instrument, MinorUnits } from '../market/instruments.ts'
import { Account, type Balance } from './account.ts'
import { ClosedOrders } from './closed-orders.ts'
import { Digest } from './digest.ts'
import type { BalanceChange, LevelChange } from './events.ts'
import { Market } from './market.ts'
import type { Order } from './order.ts'

export interface CreditRecord {
  readonly account: Account
  readonly asset: string
  readonly amount: MinorUnits
}

export type BookFactory = () => OrderBook<Order>

/** All that the engine knows. Everything in it follows from the commands applied so far. */
export class EngineState {
  /** Of the last command applied. */
  sequence = 0
  /** Of the last command applied, milliseconds since the Unix epoch. */
  time = 0
  digest = new Digest()
  readonly markets = new Map<string, Market>()
  readonly accounts = new Map<string, Account>()
  /** By the sequence of the command that placed them. */
  readonly openOrders = new Map<number, Order>()
  readonly closedOrders = new ClosedOrders()
  readonly credits = new Map<string, CreditRecord>()
  /** Everything ever credited, per asset: what accounts and fees add up to. Below 2^53, so that no balance can overflow. */
  readonly supply = new Map<string, MinorUnits>()
  readonly fees = new Map<string, MinorUnits>()
  readonly #touched = new Set<Balance>()

  constructor(instruments: readonly Instrument[], makeBook: BookFactory) {
    for (const instrument of instruments) {
      this.markets.set(instrument.symbol, new Market(this.markets.size, instrument, makeBook()))
      for (const asset of [instrument.baseAsset, instrument.quoteAsset]) {
        this.supply.set(asset, 0)
        this.fees.set(asset, 0)
      }
    }
  }

  openAccount(id: string, userId: string): Account {
    const account = new Account(this.accounts.size, id, userId)
    this.accounts.set(id, account)
    return account
  }

  /** An account's balance, to be changed: it will be among the batch's balance changes. */
  change(account: Account, asset: string): Balance {
    const balance = account.balance(asset)
    this.#touched.add(balance)
    return balance
  }

  /** The balances changed since the last call, as they are now. */
  drainBalances(): BalanceChange[] {
    const changes = Array.from(this.#touched, ({ account, asset, available, held }) => ({
      accountId: account.id,
      asset,
      available,
      held,
    }))
    this.#touched.clear()
    return changes
  }

  /** The levels changed since the last call, as they are now. */
  drainLevels(): LevelChange[] {
    return Array.from(this.markets.values(), (market) => market.drainLevels()).flat()
  }

  /** Takes an order that is no longer open among those that are remembered. */
  close(order: Order): void {
    if (this.openOrders.delete(order.terms.sequence)) order.account.openOrders--
    this.closedOrders.remember(order)
  }
}
