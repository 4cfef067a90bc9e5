import type { EngineBatch } from '../engine/events.ts'
import { LIMITS } from '../engine/limits.ts'

export interface KeyLimits {
  /** How many of an account's closed orders the engine remembers. */
  readonly closedOrdersPerAccount: number
  /** The same over all accounts. */
  readonly closedOrders: number
}

/** Orders are looked up from half the engine's memory on: what closes between the question and the answer does not matter then. */
const MARGIN = 0.5

/**
 * Knows of which accounts the engine may have forgotten closed orders, by counting them: only their keys need to be looked up elsewhere.
 * It may say so too early, and never too late.
 */
export class KeyWindow {
  readonly #limits: KeyLimits
  readonly #closed = new Map<string, number>()
  /** Of all accounts together what the engine remembers, at most. */
  #remembered = 0
  #isComplete = false

  constructor(limits: KeyLimits = LIMITS) {
    this.#limits = limits
  }

  /** Adds what had closed before this process. Until then every account may have been forgotten. */
  begin(accounts: readonly { accountId: string; closed: number; isProgram: boolean }[]): void {
    // A program's orders are deleted so soon that their number says nothing.
    for (const { accountId, closed, isProgram } of accounts) {
      this.#add(accountId, isProgram && closed > 0 ? this.#limits.closedOrdersPerAccount : closed)
    }
    this.#isComplete = true
  }

  take(batch: EngineBatch): void {
    for (const event of batch.events) {
      if (event.type === 'ORDER_CANCELLED') this.#add(event.accountId, 1)
      else if (event.type === 'TRADE') {
        if (event.maker.status === 'FILLED') this.#add(event.maker.accountId, 1)
        if (event.taker.status === 'FILLED') this.#add(event.taker.accountId, 1)
      }
    }
  }

  mayHaveForgotten(accountId: string): boolean {
    if (!this.#isComplete) return true
    const closed = this.#closed.get(accountId) ?? 0
    if (closed === 0) return false
    const { closedOrdersPerAccount, closedOrders } = this.#limits
    return closed >= closedOrdersPerAccount * MARGIN || this.#remembered >= closedOrders * MARGIN
  }

  #add(accountId: string, count: number): void {
    const most = this.#limits.closedOrdersPerAccount
    const before = this.#closed.get(accountId) ?? 0
    if (before >= most) return
    const after = Math.min(before + count, most)
    this.#closed.set(accountId, after)
    this.#remembered += after - before
  }
}
