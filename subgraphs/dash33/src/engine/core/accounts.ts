import { NONE } from '../../book/index.ts'

/** What an account's orders in one market add up to: numbers in a row, so that a command touches one cache line. */
const BUY_LOTS = 0
/** In two parts, so that no sum is inexact. */
const NOTIONAL_LOW = 1
const NOTIONAL_HIGH = 2
const WIDTH = 4
const PART = 2 ** 32

/** What the core knows of accounts, by number. */
export class Accounts {
  readonly markets: number
  size = 0
  capacity = 64
  /** Open and pending orders, over all markets. */
  openOrders = new Int32Array(64)
  /** Oldest and newest of them, or NONE. */
  first = new Int32Array(64).fill(NONE)
  last = new Int32Array(64).fill(NONE)
  killed = new Uint8Array(64)
  profile = new Int32Array(64)
  /** The second of engine time that `messages` counts. */
  messageSecond = new Float64Array(64)
  messages = new Int32Array(64)
  /** Whether lots and worth of the account's orders are summed up: only where a limit asks for them. */
  summed = new Uint8Array(64)
  private orderCounts: Int32Array
  private sums: Float64Array

  constructor(markets: number) {
    this.markets = markets
    this.orderCounts = new Int32Array(64 * markets)
    this.sums = new Float64Array(64 * markets * WIDTH)
  }

  /** @returns the new account's number. */
  open(): number {
    if (this.size === this.capacity) this.grow(this.capacity * 2)
    return this.size++
  }

  openOrdersIn(account: number, market: number): number {
    return this.orderCounts[account * this.markets + market]!
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

  countOrder(account: number, market: number, by: 1 | -1): void {
    this.openOrders[account]! += by
    this.orderCounts[account * this.markets + market]! += by
  }

  countLots(account: number, market: number, buyLots: number, notional: number): void {
    if (this.summed[account] === 0) return
    const at = this.at(account, market)
    this.sums[at + BUY_LOTS]! += buyLots
    const low = notional % PART
    this.sums[at + NOTIONAL_LOW]! += low
    this.sums[at + NOTIONAL_HIGH]! += (notional - low) / PART
  }

  /** Begins or ends summing up; the sums are empty then. */
  setSummed(account: number, summed: boolean): void {
    this.summed[account] = summed ? 1 : 0
    this.sums.fill(0, this.at(account, 0), this.at(account + 1, 0))
  }

  /** Messages counted in the second of `time`. */
  messagesIn(account: number, time: number): number {
    return this.messageSecond[account] === Math.floor(time / 1_000) ? this.messages[account]! : 0
  }

  countMessage(account: number, time: number): void {
    const second = Math.floor(time / 1_000)
    if (this.messageSecond[account] !== second) {
      this.messageSecond[account] = second
      this.messages[account] = 0
    }
    this.messages[account]!++
  }

  private at(account: number, market: number): number {
    return (account * this.markets + market) * WIDTH
  }

  private grow(capacity: number): void {
    const int32 = (from: Int32Array, fill = 0) => {
      const column = new Int32Array(capacity).fill(fill)
      column.set(from)
      return column
    }
    const float64 = (from: Float64Array, length = capacity) => {
      const column = new Float64Array(length)
      column.set(from)
      return column
    }
    this.openOrders = int32(this.openOrders)
    this.first = int32(this.first, NONE)
    this.last = int32(this.last, NONE)
    this.profile = int32(this.profile)
    this.messages = int32(this.messages)
    this.messageSecond = float64(this.messageSecond)
    this.sums = float64(this.sums, capacity * this.markets * WIDTH)
    const orderCounts = new Int32Array(capacity * this.markets)
    orderCounts.set(this.orderCounts)
    this.orderCounts = orderCounts
    const summed = new Uint8Array(capacity)
    summed.set(this.summed)
    this.summed = summed
    const killed = new Uint8Array(capacity)
    killed.set(this.killed)
    this.killed = killed
    this.capacity = capacity
  }
}
