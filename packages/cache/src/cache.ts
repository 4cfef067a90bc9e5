/** Shared state that may be lost: answers, counters, the latest market snapshot. Every key expires. */
export interface Cache {
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: { ttlMs: number }): Promise<void>
  delete(...keys: string[]): Promise<void>
  /** Adds one and returns the count; the first increment starts the window of `ttlMs`. */
  increment(key: string, options: { ttlMs: number }): Promise<number>
  /**
   * Adds to what happened within the last `windowMs` and returns how much that is, this included. What happened in the fixed window
   * before counts by the share of it that the sliding one still covers. An amount of 0 only looks, one below 0 takes back.
   */
  slide(key: string, options: { amount: number; windowMs: number }): Promise<number>
  /** At most once, in order per publisher, only to those listening now. */
  publish(channel: string, message: string): Promise<void>
  /** @returns a function that ends the subscription. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>
  /** Throws when the cache cannot be reached. */
  ping(): Promise<void>
  close(): Promise<void>
}
