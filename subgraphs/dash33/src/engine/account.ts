import type { MinorUnits } from '../market/instruments.ts'
import type { Order } from './order.ts'

/** What an account has of one asset: `available + held` is all of it. Both stay within 0 and the asset's supply, which is a safe integer. */
export class Balance {
  readonly account: Account
  readonly asset: string
  available: MinorUnits = 0
  held: MinorUnits = 0

  constructor(account: Account, asset: string) {
    this.account = account
    this.asset = asset
  }

  hold(amount: MinorUnits): void {
    this.available -= amount
    this.held += amount
  }

  release(amount: MinorUnits): void {
    this.held -= amount
    this.available += amount
  }
}

export class Account {
  /** Position in order of opening: the account's number inside the engine. */
  readonly index: number
  readonly id: string
  readonly userId: string
  readonly balances = new Map<string, Balance>()
  /** Every open order, and the closed ones that are still remembered. */
  readonly orders = new Map<string, Order>()
  openOrders = 0

  constructor(index: number, id: string, userId: string) {
    this.index = index
    this.id = id
    this.userId = userId
  }

  balance(asset: string): Balance {
    let balance = this.balances.get(asset)
    if (!balance) {
      balance = new Balance(this, asset)
      this.balances.set(asset, balance)
    }
    return balance
  }
}
