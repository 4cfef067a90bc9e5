import type { MinorUnits } from '../../market/instruments.ts'
import type { FeeTier } from '../../risk/limits.ts'
import { AccountRows } from './account-rows.ts'

/** UTC days that count, today included. */
export const VOLUME_DAYS = 30
const DAY_MS = 86_400_000

/** The UTC day of a time, counted from the epoch. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

/** In an account's row: the day after its last one (0: it never traded), the sum of the window that ends with that one, and what was traded on it. */
const NEXT_DAY = 1
const TOTAL = 2
const TODAY = 3

/** What each account traded on each of the last 30 UTC days, in minor units of the quote asset; saturates at 2^53 − 1. */
export class VolumeWindow {
  declare private readonly rows: AccountRows
  /** A ring of days per account, its last day left out. */
  declare private rings: Float64Array

  constructor(rows = new AccountRows(0)) {
    this.rows = rows
    this.rings = new Float64Array(rows.capacity * VOLUME_DAYS)
  }

  /** Adds to an account's day; days never run backwards by more than the window. */
  add(account: number, day: number, amount: MinorUnits): void {
    this.advance(account, day)
    const { numbers, width } = this.rows
    const row = account * width
    numbers[row + TOTAL] = saturated(numbers[row + TOTAL]! + amount)
    if (numbers[row + NEXT_DAY] === day + 1) {
      numbers[row + TODAY] = saturated(numbers[row + TODAY]! + amount)
      return
    }
    const cell = account * VOLUME_DAYS + (day % VOLUME_DAYS)
    this.rings[cell] = saturated(this.rings[cell]! + amount)
  }

  /** An account's volume of the 30 days that end with `day`. */
  volume(account: number, day: number): MinorUnits {
    const { rows } = this
    const row = account * rows.width
    if (account >= rows.capacity || rows.numbers[row + NEXT_DAY] === 0) return 0
    this.advance(account, day)
    return rows.numbers[row + TOTAL]!
  }

  /** The days of the window that ends with `day` on which the account traded, oldest first; `add` of each restores them. */
  days(account: number, day: number): [day: number, amount: MinorUnits][] {
    if (this.volume(account, day) === 0) return []
    const entries: [number, number][] = []
    const { numbers, width } = this.rows
    const row = account * width
    for (let each = Math.max(0, day - VOLUME_DAYS + 1); each <= day; each++) {
      const isLast = each === numbers[row + NEXT_DAY]! - 1
      const amount = isLast ? numbers[row + TODAY]! : this.rings[account * VOLUME_DAYS + (each % VOLUME_DAYS)]!
      if (amount > 0) entries.push([each, amount])
    }
    return entries
  }

  private advance(account: number, day: number): void {
    const { rows } = this
    rows.reserve(account + 1)
    const row = account * rows.width
    if (rows.numbers[row + NEXT_DAY]! <= day) this.turn(account, row, day)
  }

  /** Another day begins for an account. */
  private turn(account: number, row: number, day: number): void {
    const { numbers, capacity } = this.rows
    if (this.rings.length < capacity * VOLUME_DAYS) this.grow(capacity)
    const { rings } = this
    const next = numbers[row + NEXT_DAY]!
    numbers[row + NEXT_DAY] = day + 1
    if (next === 0) return
    const ring = account * VOLUME_DAYS
    rings[ring + ((next - 1) % VOLUME_DAYS)] = numbers[row + TODAY]!
    numbers[row + TODAY] = 0
    for (let each = Math.max(next, day - VOLUME_DAYS + 1); each <= day; each++) {
      rings[ring + (each % VOLUME_DAYS)] = 0
    }
    // A saturated total cannot be reduced: it is counted anew, once per account and day.
    let total = 0
    for (let i = 0; i < VOLUME_DAYS; i++) total = saturated(total + rings[ring + i]!)
    numbers[row + TOTAL] = total
  }

  private grow(accounts: number): void {
    const rings = new Float64Array(accounts * VOLUME_DAYS)
    rings.set(this.rings)
    this.rings = rings
  }
}

const saturated = (amount: number): number => Math.min(amount, Number.MAX_SAFE_INTEGER)

/** The tier of a volume: the last one whose minimum it reaches. @param tiers by rising `minVolume`, the first 0 */
export function tierOf(tiers: readonly FeeTier[], volume: MinorUnits): FeeTier {
  let i = 1
  while (i < tiers.length && tiers[i]!.minVolume <= volume) i++
  return tiers[i - 1]!
}
