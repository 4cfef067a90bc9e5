import type { RiskLimits } from '../risk/limits.ts'
import type { AccountLimits } from './core/limits.ts'

/** The named profiles and their limits as they were set; the core knows them by number. */
export class RiskProfiles {
  readonly names: string[] = []
  /** By profile: the general ones, then each market's own. */
  readonly #limits: (RiskLimits | null)[][] = []
  readonly #core: AccountLimits
  readonly #markets: number

  constructor(core: AccountLimits, markets: number) {
    this.#core = core
    this.#markets = markets
  }

  /** The profile's number, or -1. */
  find(name: string): number {
    return this.names.indexOf(name)
  }

  /** @param market -1: every market that has none of its own */
  get(name: string, market: number): RiskLimits | null {
    return this.#limits[this.find(name)]?.[market + 1] ?? null
  }

  /** Sets a profile's limits; a name that is new begins a profile. */
  set(name: string, market: number, limits: RiskLimits): void {
    let profile = this.find(name)
    if (profile === -1) {
      profile = this.names.push(name) - 1
      this.#limits.push(Array.from({ length: this.#markets + 1 }, () => null))
    }
    this.#limits[profile]![market + 1] = limits
    this.#core.set(profile, market, limits)
  }
}
