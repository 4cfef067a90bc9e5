import { marketDataChannel, marketSnapshotKey, type Recording } from '@opsource/bus/contracts'
import type { Cache } from '@opsource/cache'
import type { Clock } from '@opsource/kernel'

const TTL_MS = 3_600_000

/** A market as dash33 would publish it: one bid and one ask, three ticks apart, nine tenths of the lots on the bid. */
export class SyntheticMarket {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #symbol: string
  readonly #recording: Recording
  #sequence = 0
  #mid = 6_000_000

  constructor(ports: { cache: Cache; clock: Clock }, symbol: string, recording: Recording = null) {
    this.#cache = ports.cache
    this.#clock = ports.clock
    this.#symbol = symbol
    this.#recording = recording
  }

  /** Writes the snapshot that a reader begins with. */
  async open(): Promise<void> {
    const snapshot = {
      ...this.#head(),
      tick: { units: 1, scale: 2 },
      lot: { units: 1, scale: 5 },
      bids: [[this.#mid - 1, 900]],
      asks: [[this.#mid + 2, 100]],
    }
    await this.#cache.set(marketSnapshotKey(this.#symbol), JSON.stringify(snapshot), { ttlMs: TTL_MS })
  }

  /** Moves the mid price by whole ticks and tells of it; with 0 it only gives a sign of life. */
  async move(ticks: number, status: 'TRADING' | 'PAUSED' = 'TRADING'): Promise<void> {
    const levels = (offset: number, quantity: number) => {
      const from = this.#mid + offset
      return ticks === 0
        ? []
        : [
            [from, 0],
            [from + ticks, quantity],
          ]
    }
    const [bids, asks] = [levels(-1, 900), levels(2, 100)]
    this.#mid += ticks
    const previousSequence = this.#sequence++
    const message = { ...this.#head(), status, previousSequence, bids, asks, trades: [] }
    await this.#cache.publish(marketDataChannel(this.#symbol), JSON.stringify(message))
  }

  /** Something happens of which nobody hears. */
  lose(): void {
    this.#sequence++
  }

  #head() {
    return {
      symbol: this.#symbol,
      sequence: this.#sequence,
      engineSequence: this.#sequence,
      time: this.#clock.now(),
      status: 'TRADING' as const,
      recording: this.#recording,
    }
  }
}
