import { FEATURE_COUNT, FEATURE_NAMES } from './vector.ts'

/** Half an hour of two markets at a row a second: what drift is told from. */
const KEPT_ROWS = 3_600

/** The newest rows that were served, of all markets. */
export class LiveRows {
  readonly #rows = new Float32Array(KEPT_ROWS * FEATURE_COUNT)
  #count = 0

  add(row: Float32Array): void {
    this.#rows.set(row, (this.#count % KEPT_ROWS) * FEATURE_COUNT)
    this.#count++
  }

  /** @returns the values of each feature, in no order of time. */
  byFeature(): Map<string, Float32Array> {
    const size = Math.min(this.#count, KEPT_ROWS)
    return new Map(
      FEATURE_NAMES.map((name, column) => [
        name,
        Float32Array.from({ length: size }, (_, row) => this.#rows[row * FEATURE_COUNT + column]!),
      ]),
    )
  }
}
