import type { AccountOpened, Credited, EngineBatch, HoldChange } from '../engine/events.ts'
import { type LedgerEntry, postingOf } from './posting.ts'

/** Something that happened at a moment of engine time, milliseconds since the Unix epoch. */
type At<T> = T & { readonly at: number }

/** What some batches do to the books. */
export interface LedgerChanges {
  readonly accounts: readonly At<AccountOpened>[]
  readonly credits: readonly At<Credited>[]
  readonly entries: readonly LedgerEntry[]
  /** Each touched order once. */
  readonly holds: readonly HoldChange[]
  /** Each touched balance once. */
  readonly balances: readonly BalanceMove[]
  /** The one of them that a hold is a part of. */
  readonly balanceOf: (hold: HoldChange) => BalanceMove
}

/** `expected` and `expectedHeld` are the engine's own after the batches; null where the engine keeps none. Minor units. */
export interface BalanceMove {
  readonly accountId: string
  readonly asset: string
  moved: number
  expected: number | null
  expectedHeld: number | null
}

/** Folds batches into accounts, credits, entries, and one change per hold and per balance. */
export function foldLedger(batches: readonly EngineBatch[]): LedgerChanges {
  const accounts: At<AccountOpened>[] = []
  const credits: At<Credited>[] = []
  const entries: LedgerEntry[] = []
  const holds = new Map<string, HoldChange>()
  const moves: BalanceMove[] = []
  const byAccount = new Map<string, Map<string, BalanceMove>>()
  const move = (accountId: string, asset: string): BalanceMove => {
    let own = byAccount.get(accountId)
    if (!own) {
      own = new Map()
      byAccount.set(accountId, own)
    }
    const known = own.get(asset)
    if (known) return known
    const fresh = { accountId, asset, moved: 0, expected: null, expectedHeld: null }
    own.set(asset, fresh)
    moves.push(fresh)
    return fresh
  }
  for (const { time: at, events, balances, holds: touched } of batches) {
    for (const event of events) {
      if (event.type === 'ACCOUNT_OPENED') accounts.push({ ...event, at })
      if (event.type === 'CREDITED') credits.push({ ...event, at })
      for (const entry of postingOf(event)) {
        entries.push(entry)
        move(entry.accountId, entry.asset).moved += entry.amount
      }
    }
    for (const hold of touched) {
      holds.set(hold.orderId, hold)
      move(hold.accountId, hold.asset)
    }
    for (const { accountId, asset, available, held } of balances) {
      const balance = move(accountId, asset)
      balance.expected = available + held
      balance.expectedHeld = held
    }
  }
  const balanceOf = ({ accountId, asset }: HoldChange) => move(accountId, asset)
  return { accounts, credits, entries, holds: [...holds.values()], balances: moves, balanceOf }
}
