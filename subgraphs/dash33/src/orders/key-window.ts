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
/** Five marks to the engine's memory: the mark asked for lies two to three of them back, and as much again is left to what is in flight. */
const MARKS = 5

/** Counts, and knows where the count was two to three steps ago. */
class Marks {
  readonly #step: number
  #count = 0
  #sequences: readonly number[] = []

  constructor(step: number) {
    this.#step = step
  }

  add(sequence: number): void {
    if (++this.#count % this.#step === 0) this.#sequences = [...this.#sequences.slice(-2), sequence]
  }

  /** The command before which everything was counted at least two steps ago; 0 where not that much was. */
  get passed(): number {
    return this.#sequences.length === 3 ? this.#sequences[0]! : 0
  }
}

interface AccountKeys {
  /** Closed orders, up to what the engine remembers of one account. */
  closed: number
  readonly marks: Marks
}

/**
 * Knows of which accounts the engine may have forgotten closed orders, by counting them: only their keys need to be looked up among the stored
 * orders. It may say so too early, and never too late.
 */
export class KeyWindow {
  readonly #limits: KeyLimits
  readonly #accounts = new Map<string, AccountKeys>()
  readonly #marks: Marks
  /** Of all accounts together what the engine remembers, at most. */
  #remembered = 0
  #isComplete = false

  constructor(limits: KeyLimits = LIMITS) {
    this.#limits = limits
    this.#marks = new Marks(limits.closedOrders / MARKS)
  }

  /** Adds what had closed before this process. Until then every account may have been forgotten. */
  begin(accounts: readonly { accountId: string; closed: number; isProgram: boolean }[]): void {
    // A program's orders are deleted so soon that their number says nothing: the engine may be full of them.
    for (const { accountId, closed, isProgram } of accounts) {
      const most = this.#limits.closedOrdersPerAccount
      if (isProgram && closed === 0) this.#remembered += most
      else this.#remember(accountId, isProgram ? most : closed)
    }
    this.#isComplete = true
  }

  take(batch: EngineBatch): void {
    const sequence = batch.lastSequence
    for (const event of batch.events) {
      if (event.type === 'ORDER_CANCELLED') this.#close(event.accountId, sequence)
      else if (event.type === 'TRADE') {
        if (event.maker.status === 'FILLED') this.#close(event.maker.accountId, sequence)
        if (event.taker.status === 'FILLED') this.#close(event.taker.accountId, sequence)
      }
    }
  }

  mayHaveForgotten(accountId: string): boolean {
    if (!this.#isComplete) return true
    const closed = this.#accounts.get(accountId)?.closed ?? 0
    if (closed === 0) return false
    const { closedOrdersPerAccount, closedOrders } = this.#limits
    return closed >= closedOrdersPerAccount * MARGIN || this.#remembered >= closedOrders * MARGIN
  }

  /**
   * The command up to which the stored orders must reach to contain everything that the engine may have forgotten of the account: it lies so far back
   * that it rarely has to be waited for. What had closed before this process is stored.
   */
  forgottenThrough(accountId: string): number {
    return Math.max(this.#accounts.get(accountId)?.marks.passed ?? 0, this.#marks.passed)
  }

  #close(accountId: string, sequence: number): void {
    this.#remember(accountId, 1).marks.add(sequence)
    this.#marks.add(sequence)
  }

  #remember(accountId: string, count: number): AccountKeys {
    const most = this.#limits.closedOrdersPerAccount
    let account = this.#accounts.get(accountId)
    if (!account) {
      account = { closed: 0, marks: new Marks(most / MARKS) }
      this.#accounts.set(accountId, account)
    }
    const added = Math.min(count, most - account.closed)
    account.closed += added
    this.#remembered += added
    return account
  }
}
