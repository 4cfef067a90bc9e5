import { NONE } from '../../book/index.ts'
import type { AccountRows } from './account-rows.ts'

/** In an account's row: the second of engine time that its messages are counted for. */
const MESSAGE_SECOND = 0
/** Integers there. */
const OPEN_ORDERS = 8
const FIRST = 9
const LAST = 10
const MESSAGES = 11
const PROFILE = 12
const KILLED = 13
const SUMMED = 14
const COUNTED_BY_MARKET = 15

/** Up to so many open orders are counted by market only when that is asked for, which is rare; counting along costs every command a line of memory. */
const FEW_ORDERS = 256

/** What an account's orders in one market add up to, for those that a limit bounds: numbers in a row. */
const BUY_LOTS = 0
/** In two parts, so that no sum is inexact. */
const NOTIONAL_LOW = 1
const NOTIONAL_HIGH = 2
const WIDTH = 4
const PART = 2 ** 32

/** What the core knows of accounts, by number. */
export class Accounts {
  declare readonly markets: number
  size = 0
  declare private readonly rows: AccountRows
  declare private sums: Float64Array
  /** By account and market, of accounts that are counted so. */
  private orderCounts = new Int32Array(0)

  constructor(rows: AccountRows, markets: number) {
    this.rows = rows
    this.markets = markets
    this.sums = new Float64Array(rows.capacity * markets * WIDTH)
  }

  /** @returns the new account's number. */
  open(): number {
    const account = this.size++
    this.rows.reserve(this.size)
    this.setFirst(account, NONE)
    this.setLast(account, NONE)
    return account
  }

  /** Open and pending orders, over all markets. */
  openOrders(account: number): number {
    return this.rows.integers[this.row(account) + OPEN_ORDERS]!
  }

  countOrder(account: number, market: number, by: 1 | -1): void {
    const { integers } = this.rows
    const row = this.row(account)
    integers[row + OPEN_ORDERS]! += by
    if (integers[row + COUNTED_BY_MARKET] === 1) this.orderCounts[account * this.markets + market]! += by
  }

  /** Whether it has so many orders that they should be counted by market, and are not yet. */
  hasGrown(account: number): boolean {
    return this.openOrders(account) > FEW_ORDERS && !this.isCountedByMarket(account)
  }

  isCountedByMarket(account: number): boolean {
    return this.rows.integers[this.row(account) + COUNTED_BY_MARKET] === 1
  }

  /** From now on its orders are counted by market. @param counts how many it has in each */
  countByMarket(account: number, counts: Int32Array): void {
    this.rows.integers[this.row(account) + COUNTED_BY_MARKET] = 1
    const length = this.rows.capacity * this.markets
    if (this.orderCounts.length < length) {
      const orderCounts = new Int32Array(length)
      orderCounts.set(this.orderCounts)
      this.orderCounts = orderCounts
    }
    this.orderCounts.set(counts, account * this.markets)
  }

  /** Open and pending orders in a market, of an account that is counted so. */
  openOrdersIn(account: number, market: number): number {
    return this.orderCounts[account * this.markets + market]!
  }

  /** The oldest of its open and pending orders, or NONE. */
  first(account: number): number {
    return this.rows.integers[this.row(account) + FIRST]!
  }

  setFirst(account: number, slot: number): void {
    this.rows.integers[this.row(account) + FIRST] = slot
  }

  /** The newest of them, or NONE. */
  last(account: number): number {
    return this.rows.integers[this.row(account) + LAST]!
  }

  setLast(account: number, slot: number): void {
    this.rows.integers[this.row(account) + LAST] = slot
  }

  profile(account: number): number {
    return this.rows.integers[this.row(account) + PROFILE]!
  }

  setProfile(account: number, profile: number): void {
    this.rows.integers[this.row(account) + PROFILE] = profile
  }

  /** Whether its kill switch is engaged. */
  isKilled(account: number): boolean {
    return this.rows.integers[this.row(account) + KILLED] === 1
  }

  setKilled(account: number, killed: boolean): void {
    this.rows.integers[this.row(account) + KILLED] = killed ? 1 : 0
  }

  /** Messages counted in a second of engine time. */
  messagesIn(account: number, second: number): number {
    return this.messageSecond(account) === second ? this.messages(account) : 0
  }

  countMessage(account: number, second: number): void {
    const messages = this.messageSecond(account) === second ? this.messages(account) : 0
    this.setMessages(account, second, messages + 1)
  }

  /** The second of engine time that `messages` counts. */
  messageSecond(account: number): number {
    return this.rows.numbers[account * this.rows.width + MESSAGE_SECOND]!
  }

  messages(account: number): number {
    return this.rows.integers[this.row(account) + MESSAGES]!
  }

  setMessages(account: number, second: number, messages: number): void {
    this.rows.numbers[account * this.rows.width + MESSAGE_SECOND] = second
    this.rows.integers[this.row(account) + MESSAGES] = messages
  }

  /** Whether lots and worth of the account's orders are summed up: only where a limit asks for them. */
  isSummed(account: number): boolean {
    return this.rows.integers[this.row(account) + SUMMED] === 1
  }

  /** Begins or ends summing up; the sums are empty then. */
  setSummed(account: number, summed: boolean): void {
    this.rows.integers[this.row(account) + SUMMED] = summed ? 1 : 0
    if (summed && this.sums.length < this.at(account + 1, 0)) this.growSums()
    this.sums.fill(0, this.at(account, 0), this.at(account + 1, 0))
  }

  /** Lots that open buys may add. */
  buyLots(account: number, market: number): number {
    return this.sums[this.at(account, market) + BUY_LOTS]!
  }

  /** Quote minor units of all open orders at their prices; beyond 2^53 − 1 just that. */
  notional(account: number, market: number): number {
    const at = this.at(account, market)
    const sum = this.sums[at + NOTIONAL_HIGH]! * PART + this.sums[at + NOTIONAL_LOW]!
    return Math.min(sum, Number.MAX_SAFE_INTEGER)
  }

  /** Of an account that is summed up. */
  countLots(account: number, market: number, buyLots: number, notional: number): void {
    const at = this.at(account, market)
    this.sums[at + BUY_LOTS]! += buyLots
    const low = notional % PART
    this.sums[at + NOTIONAL_LOW]! += low
    this.sums[at + NOTIONAL_HIGH]! += (notional - low) / PART
  }

  /** Where an account's integers begin. */
  private row(account: number): number {
    return account * this.rows.width * 2
  }

  private at(account: number, market: number): number {
    return (account * this.markets + market) * WIDTH
  }

  private growSums(): void {
    const sums = new Float64Array(this.rows.capacity * this.markets * WIDTH)
    sums.set(this.sums)
    this.sums = sums
  }
}
