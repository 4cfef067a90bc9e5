import { BUY, NONE } from '../../book/index.ts'
import { COUNTED } from './codes.ts'
import type { Exchange } from './exchange.ts'

/** An account's profile or its limits have changed: sums up its orders from now on, or no more. */
export function sumUp(x: Exchange, account: number): void {
  const { accounts, orders } = x
  const asked = x.limits.asksForSums(accounts.profile(account))
  if (asked === accounts.isSummed(account)) return
  accounts.setSummed(account, asked)
  if (!asked) return
  for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
    if (!orders.has(slot, COUNTED)) continue
    const lots = orders.remaining(slot)
    const buys = orders.pool.side[slot] === BUY ? lots : 0
    accounts.countLots(account, orders.market(slot), buys, lots * orders.value(slot))
  }
}

/** Open and pending orders of an account in a market. */
export function openOrdersIn(x: Exchange, account: number, market: number): number {
  const { accounts, orders } = x
  if (accounts.isCountedByMarket(account)) return accounts.openOrdersIn(account, market)
  let count = 0
  for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
    if (orders.market(slot) === market) count++
  }
  return count
}

/** Begins to count an account's orders by market. */
export function countByMarket(x: Exchange, account: number): void {
  const { accounts, orders } = x
  const counts = new Int32Array(accounts.markets)
  for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
    counts[orders.market(slot)]!++
  }
  accounts.countByMarket(account, counts)
}

/** `sumUp` of every account. */
export function sumUpAll(x: Exchange): void {
  for (let account = 0; account < x.accounts.size; account++) sumUp(x, account)
}
