import type { OrderUpdateParent } from '../parents.ts'
import type { OrderChange } from './changes.ts'

export interface HistoryLimits {
  /** Changes of one account: what a reader who comes back within seconds may have missed. */
  readonly perAccount: number
  /** Of all accounts together, some 25 MB; the account that was quiet for longest is forgotten first. */
  readonly inAll: number
}

const LIMITS: HistoryLimits = { perAccount: 1_000, inAll: 50_000 }

/** An account's last changes. `completeSince`: everything behind this place is there. */
interface AccountHistory {
  updates: OrderUpdateParent[]
  completeSince: Place
}

export type Place = readonly [sequence: number, position: number]

/** All of a command. */
export const WHOLE = Number.MAX_SAFE_INTEGER

/** Remembers the last changes of each account's orders, so that a reader who comes back misses none. */
export class OrderHistory {
  readonly #limits: HistoryLimits
  /** The account that changed last is last. */
  readonly #accounts = new Map<string, AccountHistory>()
  #latest: string | null = null
  #count = 0
  /** Of accounts that are not remembered: everything behind this place is there, because nothing happened. */
  #completeSince: Place

  /** @param sequence the last command before the first change. */
  constructor(sequence: number, limits: HistoryLimits = LIMITS) {
    this.#limits = limits
    this.#completeSince = [sequence, WHOLE]
  }

  /** Gives the change its place in its account's log. */
  append(change: OrderChange): OrderUpdateParent {
    const { accountId } = change
    const history = this.#accounts.get(accountId) ?? { updates: [], completeSince: this.#completeSince }
    const last = history.updates[history.updates.length - 1]
    change.position = last?.sequence === change.sequence ? last.position + 1 : 0
    history.updates.push(change)
    this.#count++
    if (accountId !== this.#latest) {
      this.#latest = accountId
      this.#accounts.delete(accountId)
      this.#accounts.set(accountId, history)
    }
    // Twice as many are kept for a moment, so that the array is not shifted at every change.
    if (history.updates.length >= 2 * this.#limits.perAccount) this.#shorten(history)
    if (this.#count > this.#limits.inAll) this.#forgetQuietest()
    return change
  }

  /** @returns the account's changes behind a place; null where some may have been forgotten. */
  behind(accountId: string, place: Place): readonly OrderUpdateParent[] | null {
    const history = this.#accounts.get(accountId)
    if (isBefore(place, history?.completeSince ?? this.#completeSince)) return null
    return (history?.updates ?? []).filter(({ sequence, position }) => isBefore(place, [sequence, position]))
  }

  #shorten(history: AccountHistory): void {
    const gone = history.updates.splice(0, history.updates.length - this.#limits.perAccount)
    this.#count -= gone.length
    const last = gone.at(-1)
    if (last) history.completeSince = [last.sequence, last.position]
  }

  #forgetQuietest(): void {
    const [quietest] = this.#accounts
    if (!quietest) return
    const [accountId, { updates }] = quietest
    this.#accounts.delete(accountId)
    this.#count -= updates.length
    const last = updates.at(-1)
    if (last && isBefore(this.#completeSince, [last.sequence, last.position])) {
      this.#completeSince = [last.sequence, last.position]
    }
  }
}

function isBefore([sequence, position]: Place, [otherSequence, otherPosition]: Place): boolean {
  return sequence < otherSequence || (sequence === otherSequence && position < otherPosition)
}
