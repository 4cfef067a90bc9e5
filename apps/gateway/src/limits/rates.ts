import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { RateRule } from './rate-rules.ts'

/** How late other gateways hear of what was counted here: by so much a caller may exceed a limit once. */
const SYNC_EVERY_MS = 100
/** Callers counted at once by one rule; whoever was quiet longest is forgotten first. About 200 bytes each. */
const MAX_WINDOWS = 20_000
/** Windows that the cache has yet to hear of. */
const MAX_UNTOLD = 50_000
/** Counts told to the cache at a time. */
const MAX_TOLD = 1_000

export interface RatesOptions {
  /** Where gateways add up what they count. Without it, or while it is away, each holds callers to the limits by itself. */
  readonly cache: Cache
  readonly clock: Clock
  readonly log: Logger
  /** All limits are multiplied by this. */
  readonly scale?: number
  /** Told the name of the rate whenever something does not fit. */
  readonly onLimited?: (rate: string) => void
}

/**
 * Counts what callers do in windows that slide. Deciding takes no await: a gateway counts by itself and adds up with the others in
 * the background.
 */
export class Rates {
  readonly #options: RatesOptions
  readonly #scale: number
  /** By rule and caller. */
  readonly #windows = new Map<RateRule, LRUCache<string, Window>>()
  /** With something that the cache has not been told. */
  readonly #untold = new Set<Window>()
  readonly #timer: NodeJS.Timeout
  #telling = false
  #isAway = false

  constructor(options: RatesOptions) {
    this.#options = options
    this.#scale = options.scale ?? 1
    this.#timer = setInterval(() => void this.sync(), SYNC_EVERY_MS)
    this.#timer.unref()
  }

  /** Counts an amount where it fits. @returns 0, or after how many milliseconds it will fit: then nothing is counted. */
  take(rule: RateRule, id: string, amount = 1): number {
    const now = this.#options.clock.now()
    const window = this.#find(rule, id)
    const wait = this.#wait(rule, window, now, amount)
    if (wait === 0) this.#count(window ?? this.#open(rule, id), now, amount)
    else this.#options.onLimited?.(rule.name)
    return wait
  }

  /** @returns 0 where an amount fits now, else after how many milliseconds it will. */
  wait(rule: RateRule, id: string, amount = 1): number {
    return this.#wait(rule, this.#find(rule, id), this.#options.clock.now(), amount)
  }

  count(rule: RateRule, id: string, amount = 1): void {
    this.#count(this.#find(rule, id) ?? this.#open(rule, id), this.#options.clock.now(), amount)
  }

  #find(rule: RateRule, id: string): Window | undefined {
    return this.#windows.get(rule)?.get(id)
  }

  #open(rule: RateRule, id: string): Window {
    let ofRule = this.#windows.get(rule)
    if (!ofRule) {
      ofRule = new LRUCache({ max: MAX_WINDOWS })
      this.#windows.set(rule, ofRule)
    }
    const window = new Window(`rate:${rule.name} ${id}`, rule.windowMs)
    ofRule.set(id, window)
    return window
  }

  #wait(rule: RateRule, window: Window | undefined, now: number, amount: number): number {
    const most = rule.most * this.#scale
    // What exceeds the limit all by itself is let through when nothing else is there: it can never fit.
    return window ? window.wait(now, Math.min(amount, most), most) : 0
  }

  #count(window: Window, now: number, amount: number): void {
    window.add(now, amount)
    this.#untold.add(window)
  }

  /** Tells the cache what was counted here, and hears what was counted elsewhere. An outage loses what would have been told. */
  async sync(): Promise<void> {
    // A slow cache must not make these pile up.
    if (this.#telling || this.#untold.size === 0) return
    this.#telling = true
    const told = [...this.#untold].slice(0, MAX_TOLD)
    for (const window of told) this.#untold.delete(window)
    if (this.#untold.size > MAX_UNTOLD) this.#untold.clear()
    const outcomes = await Promise.allSettled(
      told.map(async (window) => {
        const amount = window.takeUntold()
        const sum = await this.#options.cache.slide(window.key, { amount, windowMs: window.lengthMs })
        window.hear(this.#options.clock.now(), sum)
      }),
    )
    this.#telling = false
    const isAway = outcomes.some(({ status }) => status === 'rejected')
    if (isAway && !this.#isAway) this.#options.log.warn('rates are counted by this gateway alone: the cache is away')
    this.#isAway = isAway
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** The count of a fixed window and of the one before; the sliding one covers a share of the latter. */
class Window {
  /** Under which all gateways add it up. */
  readonly key: string
  readonly lengthMs: number
  #index = 0
  #current = 0
  #previous = 0
  #untold = 0
  /** What others counted, as of when that was heard. */
  #elsewhere = 0
  #heardAt = 0

  constructor(key: string, lengthMs: number) {
    this.key = key
    this.lengthMs = lengthMs
  }

  add(now: number, amount: number): void {
    this.#turn(now)
    this.#current += amount
    this.#untold += amount
  }

  takeUntold(): number {
    const amount = this.#untold
    this.#untold = 0
    return amount
  }

  /** @param sum what all have counted together, as far as they have told. */
  hear(now: number, sum: number): void {
    this.#elsewhere = Math.max(0, sum - this.#own(now) + this.#untold)
    this.#heardAt = now
  }

  wait(now: number, amount: number, most: number): number {
    const used = this.#own(now) + this.#elsewhere * Math.max(0, 1 - (now - this.#heardAt) / this.lengthMs)
    const over = used + amount - most
    if (over <= 0) return 0
    // What is counted falls by at most all of it within a window; the caller may find that it takes longer.
    return Math.max(1, Math.ceil((over / used) * this.lengthMs))
  }

  #own(now: number): number {
    this.#turn(now)
    return this.#current + this.#previous * (1 - (now % this.lengthMs) / this.lengthMs)
  }

  #turn(now: number): void {
    const index = Math.floor(now / this.lengthMs)
    if (index === this.#index) return
    this.#previous = index === this.#index + 1 ? this.#current : 0
    this.#current = 0
    this.#index = index
  }
}
