import { NONE } from '../../book/index.ts'
import { cancel, isOpen } from './closing.ts'
import { REASON, SCOPE_ACCOUNT, SCOPE_MARKET } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'
import { REFUSED } from './refusal.ts'

/** Cancels an order for its owner. @param slot NONE: it is not there @returns false where `x.refusal` says why not */
export function cancelOrder(x: Exchange, account: number, slot: number): boolean {
  if (slot === NONE || x.orders.pool.owner[slot] !== account) {
    x.refusal.because(REFUSED.ORDER_NOT_OPEN)
    return false
  }
  cancel(x, slot, REASON.REQUESTED)
  followUp(x)
  return true
}

/** Cancels an account's orders, oldest first; what that sets free is the caller's to follow up. @param market -1: all @param side -1: both */
export function cancelAll(x: Exchange, account: number, market: number, side: number, reason: number): void {
  const { orders, accounts } = x
  const found: number[] = []
  for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
    if (market !== -1 && orders.market(slot) !== market) continue
    if (side !== -1 && orders.pool.side[slot] !== side) continue
    found.push(slot)
  }
  for (const slot of found) if (isOpen(x, slot)) cancel(x, slot, reason)
}

/** Sets the dead man's switch of an account. @param delay milliseconds; 0 disarms it @returns when it goes off; 0: never */
export function setDeadMan(x: Exchange, account: number, delay: number): number {
  const at = delay === 0 ? 0 : x.time + delay
  if (at === 0) x.deadMen.remove(account)
  else x.deadMen.set(account, at, account)
  x.sink.cancelAllAfter(account, at)
  return at
}

/** Engages or releases a kill switch. Engaged, it cancels every order in its scope, oldest first. @param target an account's or a market's number */
export function setKillSwitch(x: Exchange, scope: number, target: number, engaged: boolean): void {
  if (scope === SCOPE_ACCOUNT) x.accounts.setKilled(target, engaged)
  else if (scope === SCOPE_MARKET) x.markets[target]!.killed = engaged
  else x.killed = engaged
  if (!engaged) return
  if (scope === SCOPE_ACCOUNT) {
    cancelAll(x, target, -1, -1, REASON.KILL_SWITCH)
  } else {
    for (const slot of everyOrder(x, scope === SCOPE_MARKET ? target : -1)) {
      if (isOpen(x, slot)) cancel(x, slot, REASON.KILL_SWITCH)
    }
  }
  followUp(x)
}

/** Open and pending orders of a market (-1: of all), oldest first. */
function everyOrder(x: Exchange, market: number): number[] {
  const { orders, accounts } = x
  const found: number[] = []
  for (let account = 0; account < accounts.size; account++) {
    for (let slot = accounts.first(account); slot !== NONE; slot = orders.nextOfAccount(slot)) {
      if (market === -1 || orders.market(slot) === market) found.push(slot)
    }
  }
  return found.sort((a, b) => orders.pool.id[a]! - orders.pool.id[b]!)
}
