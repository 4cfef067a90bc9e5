import type { MinorUnits } from '../../market/instruments.ts'
import type { FeeTier } from '../../risk/limits.ts'

/** UTC days that count, today included. */
export const VOLUME_DAYS = 30
const DAY_MS = 86_400_000
const NEVER = -1

/** The UTC day of a time, counted from the epoch. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

/** What each account traded on each of the last 30 UTC days, in minor units of the quote asset; saturates at 2^53 − 1. */
export class VolumeWindow {
  /** A ring of days per account. */
  private ring = new Float64Array(64 * VOLUME_DAYS)
  private totals = new Float64Array(64)
  /** The day up to which an account's ring and total are right. */
  private lastDay = new Int32Array(64).fill(NEVER)

  /** Adds to an account's day; days never run backwards by more than the window. */
  add(account: number, day: number, amount: MinorUnits): void {
    this.advance(account, day)
    const cell = account * VOLUME_DAYS + (day % VOLUME_DAYS)
    this.ring[cell] = saturated(this.ring[cell]! + amount)
    this.totals[account] = saturated(this.totals[account]! + amount)
  }

  /** An account's volume of the 30 days that end with `day`. */
  volume(account: number, day: number): MinorUnits {
    if (account >= this.lastDay.length || this.lastDay[account] === NEVER) return 0
    this.advance(account, day)
    return this.totals[account]!
  }

  /** The days of the window that ends with `day` on which the account traded, oldest first; `add` of each restores them. */
  days(account: number, day: number): [day: number, amount: MinorUnits][] {
    if (this.volume(account, day) === 0) return []
    const entries: [number, number][] = []
    for (let each = Math.max(0, day - VOLUME_DAYS + 1); each <= day; each++) {
      const amount = this.ring[account * VOLUME_DAYS + (each % VOLUME_DAYS)]!
      if (amount > 0) entries.push([each, amount])
    }
    return entries
  }

  private advance(account: number, day: number): void {
    if (account >= this.lastDay.length) this.grow(Math.max(account + 1, this.lastDay.length * 2))
    const last = this.lastDay[account]!
    if (last >= day) return
    this.lastDay[account] = day
    if (last === NEVER) return
    const ring = account * VOLUME_DAYS
    for (let each = Math.max(last + 1, day - VOLUME_DAYS + 1); each <= day; each++) {
      this.ring[ring + (each % VOLUME_DAYS)] = 0
    }
    // A saturated total cannot be reduced: it is counted anew, once per account and day.
    let total = 0
    for (let i = 0; i < VOLUME_DAYS; i++) total = saturated(total + this.ring[ring + i]!)
    this.totals[account] = total
  }

  private grow(accounts: number): void {
    const days = new Float64Array(accounts * VOLUME_DAYS)
    const totals = new Float64Array(accounts)
    const lastDay = new Int32Array(accounts).fill(NEVER)
    days.set(this.ring)
    totals.set(this.totals)
    lastDay.set(this.lastDay)
    this.ring = days
    this.totals = totals
    this.lastDay = lastDay
  }
}

const saturated = (amount: number): number => Math.min(amount, Number.MAX_SAFE_INTEGER)

/** The tier of a volume: the last one whose minimum it reaches. @param tiers by rising `minVolume`, the first 0 */
export function tierOf(tiers: readonly FeeTier[], volume: MinorUnits): FeeTier {
  let tier = tiers[0]!
  for (const each of tiers) if (each.minVolume <= volume) tier = each
  return tier
}
