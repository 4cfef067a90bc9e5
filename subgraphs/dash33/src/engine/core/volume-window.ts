import type { MinorUnits } from '../../market/instruments.ts'
import type { FeeTier } from '../../risk/limits.ts'

/** UTC days that count, today included. */
export const VOLUME_DAYS = 30
const DAY_MS = 86_400_000
const NEVER = -1

/** The UTC day of a time, counted from the epoch. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

/** An account's last day, the sum of the window that ends with it, and what was traded on it: in a row, so that a trade touches one cache line. */
const LAST_DAY = 0
const TOTAL = 1
const TODAY = 2
const WIDTH = 4

/** What each account traded on each of the last 30 UTC days, in minor units of the quote asset; saturates at 2^53 − 1. */
export class VolumeWindow {
  /** A ring of days per account, its last day left out. */
  private rings = new Float64Array(64 * VOLUME_DAYS)
  private rows = rowsOf(64)

  /** Adds to an account's day; days never run backwards by more than the window. */
  add(account: number, day: number, amount: MinorUnits): void {
    this.advance(account, day)
    const { rows } = this
    const row = account * WIDTH
    rows[row + TOTAL] = saturated(rows[row + TOTAL]! + amount)
    if (rows[row + LAST_DAY] === day) {
      rows[row + TODAY] = saturated(rows[row + TODAY]! + amount)
      return
    }
    const cell = account * VOLUME_DAYS + (day % VOLUME_DAYS)
    this.rings[cell] = saturated(this.rings[cell]! + amount)
  }

  /** An account's volume of the 30 days that end with `day`. */
  volume(account: number, day: number): MinorUnits {
    const row = account * WIDTH
    if (row >= this.rows.length || this.rows[row + LAST_DAY] === NEVER) return 0
    this.advance(account, day)
    return this.rows[row + TOTAL]!
  }

  /** The days of the window that ends with `day` on which the account traded, oldest first; `add` of each restores them. */
  days(account: number, day: number): [day: number, amount: MinorUnits][] {
    if (this.volume(account, day) === 0) return []
    const entries: [number, number][] = []
    const row = account * WIDTH
    for (let each = Math.max(0, day - VOLUME_DAYS + 1); each <= day; each++) {
      const isLast = each === this.rows[row + LAST_DAY]
      const amount = isLast ? this.rows[row + TODAY]! : this.rings[account * VOLUME_DAYS + (each % VOLUME_DAYS)]!
      if (amount > 0) entries.push([each, amount])
    }
    return entries
  }

  private advance(account: number, day: number): void {
    const row = account * WIDTH
    if (row >= this.rows.length) this.grow(Math.max(account + 1, (this.rows.length / WIDTH) * 2))
    const { rows, rings } = this
    const last = rows[row + LAST_DAY]!
    if (last >= day) return
    rows[row + LAST_DAY] = day
    if (last === NEVER) return
    const ring = account * VOLUME_DAYS
    rings[ring + (last % VOLUME_DAYS)] = rows[row + TODAY]!
    rows[row + TODAY] = 0
    for (let each = Math.max(last + 1, day - VOLUME_DAYS + 1); each <= day; each++) {
      rings[ring + (each % VOLUME_DAYS)] = 0
    }
    // A saturated total cannot be reduced: it is counted anew, once per account and day.
    let total = 0
    for (let i = 0; i < VOLUME_DAYS; i++) total = saturated(total + rings[ring + i]!)
    rows[row + TOTAL] = total
  }

  private grow(accounts: number): void {
    const rings = new Float64Array(accounts * VOLUME_DAYS)
    const rows = rowsOf(accounts)
    rings.set(this.rings)
    rows.set(this.rows)
    this.rings = rings
    this.rows = rows
  }
}

function rowsOf(accounts: number): Float64Array {
  const rows = new Float64Array(accounts * WIDTH)
  for (let row = 0; row < rows.length; row += WIDTH) rows[row + LAST_DAY] = NEVER
  return rows
}

const saturated = (amount: number): number => Math.min(amount, Number.MAX_SAFE_INTEGER)

/** The tier of a volume: the last one whose minimum it reaches. @param tiers by rising `minVolume`, the first 0 */
export function tierOf(tiers: readonly FeeTier[], volume: MinorUnits): FeeTier {
  let tier = tiers[0]!
  for (const each of tiers) if (each.minVolume <= volume) tier = each
  return tier
}
