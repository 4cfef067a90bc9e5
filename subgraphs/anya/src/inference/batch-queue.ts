/** Rows of one run: beyond it a run only gets longer, not cheaper by the row. */
export const MAX_BATCH_ROWS = 64

/** Rows that wait for their turn. */
export interface QueuedRows {
  readonly rows: Float32Array
  /** How many rows they are, at most `MAX_BATCH_ROWS`. */
  readonly count: number
  /** When they are worth nothing any more, in milliseconds of the caller's clock. */
  readonly deadline: number
}

/**
 * Requests in the order of their coming, within a limit of rows. Batches are greedy: whatever waits when there is room for a run goes,
 * and nothing waits for company (a delay of a millisecond was measured to cost latency and to gain no throughput).
 */
export class BatchQueue<Queued extends QueuedRows> {
  readonly #maxRows: number
  #waiting: Queued[] = []
  #rows = 0

  constructor(maxRows: number) {
    this.#maxRows = maxRows
  }

  get rows(): number {
    return this.#rows
  }

  /** @returns false where the queue has no room for it. */
  push(queued: Queued): boolean {
    if (this.#rows + queued.count > this.#maxRows) return false
    this.#waiting.push(queued)
    this.#rows += queued.count
    return true
  }

  /** Takes the next batch. Call `expire` first. */
  take(): Queued[] {
    let end = 0
    let rows = 0
    for (const { count } of this.#waiting) {
      if (rows + count > MAX_BATCH_ROWS) break
      rows += count
      end++
    }
    return this.#remove(end)
  }

  /** Takes out those whose deadline has passed. */
  expire(now: number): Queued[] {
    const late = this.#waiting.filter(({ deadline }) => deadline <= now)
    if (late.length === 0) return late
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now)
    for (const { count } of late) this.#rows -= count
    return late
  }

  /** Takes out all. */
  clear(): Queued[] {
    return this.#remove(this.#waiting.length)
  }

  /** The earliest deadline of those that wait, or null. */
  nextDeadline(): number | null {
    return this.#waiting.reduce<number | null>((least, { deadline }) => Math.min(least ?? deadline, deadline), null)
  }

  #remove(count: number): Queued[] {
    const taken = this.#waiting.splice(0, count)
    for (const queued of taken) this.#rows -= queued.count
    return taken
  }
}
