import type { Lot } from './lots.ts'
import type { Position } from './position.ts'

/** Some 200 bytes each. Of one position there are at most a thousand lots, of most a few. */
const MAX_LOTS = 200_000
const MAX_POSITIONS = 50_000
/** Of what there may be, how much is left when there was more. */
const KEPT = 0.9

export interface StoredPosition extends Position {
  readonly fifoRealised: bigint
  readonly baseFees: bigint
  readonly quoteFees: bigint
}

export interface KnownPosition {
  readonly position: StoredPosition
  /** All of them, oldest first. */
  readonly lots: readonly Lot[]
}

/** Positions as they are stored, for the one writer that changes them: of those that trade, nothing is read again. */
export class PositionMemory {
  readonly #known = new Map<string, KnownPosition>()
  readonly #maxPositions: number
  readonly #maxLots: number
  #lots = 0

  constructor(limits = { positions: MAX_POSITIONS, lots: MAX_LOTS }) {
    this.#maxPositions = limits.positions
    this.#maxLots = limits.lots
  }

  get(key: string): KnownPosition | undefined {
    return this.#known.get(key)
  }

  set(key: string, known: KnownPosition): void {
    this.#drop(key)
    this.#known.set(key, known)
    this.#lots += known.lots.length
    if (this.#known.size > this.#maxPositions || this.#lots > this.#maxLots) this.#makeRoom()
  }

  /** A tenth at once: to find the first key of a map costs a step for each that was taken from before it. */
  #makeRoom(): void {
    // Those that were changed longest ago come first.
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#maxPositions * KEPT && this.#lots <= this.#maxLots * KEPT) break
      this.#drop(oldest)
    }
  }

  forget(): void {
    this.#known.clear()
    this.#lots = 0
  }

  #drop(key: string): void {
    this.#lots -= this.#known.get(key)?.lots.length ?? 0
    this.#known.delete(key)
  }
}
