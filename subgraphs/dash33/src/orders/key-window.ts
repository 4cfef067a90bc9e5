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

interface AccountKeys {
  /** Closed orders, up to what the engine remembers of one account. */
  closed: number
  /** Keys of those that may not be stored as closed yet, with the command that each closed in. */
  readonly unstored: Map<string, number>
}

/** A closed order that may not be stored as closed yet. */
interface UnstoredKey {
  readonly account: AccountKeys
  readonly clientOrderId: string
  readonly sequence: number
}

/**
 * Knows of which accounts the engine may have forgotten closed orders, by counting them: only their keys need to be looked up among the stored
 * orders. It may say so too early, and never too late. And it knows the keys that the stored orders do not tell of yet, which are no more
 * than what waits to be projected: nobody else has to wait for the record.
 */
export class KeyWindow {
  readonly #limits: KeyLimits
  readonly #accounts = new Map<string, AccountKeys>()
  /** In the order in which they closed. */
  #unstored: UnstoredKey[] = []
  /** Of all accounts together what the engine remembers, at most. */
  #remembered = 0
  #isComplete = false

  constructor(limits: KeyLimits = LIMITS) {
    this.#limits = limits
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
      if (event.type === 'ORDER_CANCELLED') this.#close(event, sequence)
      else if (event.type === 'TRADE') {
        if (event.maker.status === 'FILLED') this.#close(event.maker, sequence)
        if (event.taker.status === 'FILLED') this.#close(event.taker, sequence)
      }
    }
  }

  /** The stored orders now contain all up to a command. */
  stored(sequence: number): void {
    const end = this.#unstored.findIndex((key) => key.sequence > sequence)
    const stored = this.#unstored.splice(0, end === -1 ? this.#unstored.length : end)
    for (const { account, clientOrderId, sequence: closedIn } of stored) {
      // A key that was used again meanwhile stays.
      if (account.unstored.get(clientOrderId) === closedIn) account.unstored.delete(clientOrderId)
    }
  }

  mayHaveForgotten(accountId: string): boolean {
    if (!this.#isComplete) return true
    const closed = this.#accounts.get(accountId)?.closed ?? 0
    if (closed === 0) return false
    const { closedOrdersPerAccount, closedOrders } = this.#limits
    return closed >= closedOrdersPerAccount * MARGIN || this.#remembered >= closedOrders * MARGIN
  }

  /** The command up to which the stored orders must reach to tell what became of a key; 0 where they do already. */
  unstoredThrough(accountId: string, clientOrderId: string): number {
    return this.#accounts.get(accountId)?.unstored.get(clientOrderId) ?? 0
  }

  #close({ accountId, clientOrderId }: { accountId: string; clientOrderId: string }, sequence: number): void {
    const account = this.#remember(accountId, 1)
    account.unstored.set(clientOrderId, sequence)
    this.#unstored.push({ account, clientOrderId, sequence })
  }

  #remember(accountId: string, count: number): AccountKeys {
    const most = this.#limits.closedOrdersPerAccount
    let account = this.#accounts.get(accountId)
    if (!account) {
      account = { closed: 0, unstored: new Map() }
      this.#accounts.set(accountId, account)
    }
    const added = Math.min(count, most - account.closed)
    account.closed += added
    this.#remembered += added
    return account
  }
}
