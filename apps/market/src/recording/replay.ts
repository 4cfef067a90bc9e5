import { DepthBook, type View } from './depth-book.ts'
import type { Instrument } from './instrument.ts'
import type { RecordedDiff, RecordedEvent, RecordedSnapshot, RecordedTouch, RecordedTrade } from './line.ts'

/** How long events are held so that late ones find their place: the recorder saw trades and diffs up to some 100 ms out of order. */
const REORDER_WINDOW_MS = 1_000
/** Diffs kept while the snapshot is awaited: 30 minutes of them, far beyond any recorder's delay. */
const MAX_DIFFS_BEFORE_SNAPSHOT = 18_000

/** One recorded diff, with the trades that it contains and the book that it leaves. */
export interface Step {
  readonly symbol: string
  /** The recorded file that the diff comes from. */
  readonly segment: string
  /** Exchange time of the diff, milliseconds since the Unix epoch. */
  readonly time: number
  readonly updateId: number
  /** In the order of their matching, all before the diff. */
  readonly trades: readonly RecordedTrade[]
  readonly view: View
  /** The last best bid and ask on record with an id up to `updateId`. */
  readonly touch: RecordedTouch | null
}

/** What was met in a recording besides its steps. */
export interface ReplayCounts {
  gaps: number
  /** Diffs older than the book they would have been applied to. */
  staleDiffs: number
  tradesBeforeBook: number
}

interface Placed<T> {
  readonly event: T
  readonly segment: string
}

/**
 * Turns the events of one market into steps: buffers the diffs that precede the snapshot, drops those it contains, checks that the
 * rest follow each other without a gap, and puts trades and diffs in the order of exchange time. After a gap the book is empty
 * until a snapshot closes it.
 */
export class Replay {
  readonly counts: ReplayCounts = { gaps: 0, staleDiffs: 0, tradesBeforeBook: 0 }
  readonly #instrument: Instrument
  readonly #depth: number
  readonly #book: DepthBook
  #held: Placed<RecordedDiff | RecordedTrade>[] = []
  #awaiting: Placed<RecordedDiff>[] = []
  #touches: RecordedTouch[] = []
  #touch: RecordedTouch | null = null
  #trades: RecordedTrade[] = []
  #snapshot: RecordedSnapshot | null = null
  #updateId: number | null = null
  #newest = 0

  constructor(instrument: Instrument, depth: number) {
    this.#instrument = instrument
    this.#depth = depth
    this.#book = new DepthBook(instrument)
  }

  /** Takes the next event in the order of the file. @returns the steps that are certain by now. */
  take(event: RecordedEvent, segment: string): Step[] {
    if (event.kind === 'touch') this.#touches.push(event)
    else if (event.kind === 'snapshot') return this.#takeSnapshot(event)
    else this.#hold({ event, segment })
    return this.#release(this.#newest - REORDER_WINDOW_MS)
  }

  /** @returns the steps still held, at the end of the recording. */
  end(): Step[] {
    return this.#release(Number.POSITIVE_INFINITY)
  }

  #hold(placed: Placed<RecordedDiff | RecordedTrade>): void {
    this.#newest = Math.max(this.#newest, placed.event.time)
    let at = this.#held.length
    while (at > 0 && comesBefore(placed.event, this.#held[at - 1]!.event)) at--
    this.#held.splice(at, 0, placed)
  }

  #release(until: number): Step[] {
    const steps: Step[] = []
    let count = 0
    for (const placed of this.#held) {
      if (placed.event.time > until) break
      count++
      if (placed.event.kind === 'trade') this.#trades.push(placed.event)
      else steps.push(...this.#takeDiff({ event: placed.event, segment: placed.segment }))
    }
    if (count > 0) this.#held.splice(0, count)
    return steps
  }

  #takeSnapshot(snapshot: RecordedSnapshot): Step[] {
    this.#snapshot = snapshot
    if (this.#updateId !== null) return []
    const awaiting = this.#awaiting
    this.#awaiting = []
    return awaiting.flatMap((placed) => this.#takeDiff(placed))
  }

  #takeDiff({ event, segment }: Placed<RecordedDiff>): Step[] {
    if (this.#updateId === null && !this.#loadSnapshot(event)) return this.#await({ event, segment })
    const updateId = this.#updateId ?? 0
    if (event.lastUpdateId <= updateId) return this.#drop()
    if (event.firstUpdateId > updateId + 1) {
      this.counts.gaps++
      this.#updateId = null
      this.#book.clear()
      return this.#takeDiff({ event, segment })
    }
    this.#book.apply(event)
    this.#updateId = event.lastUpdateId
    return [this.#step(event, segment)]
  }

  /** A snapshot joins the stream where the diff reaches past it and leaves nothing out in between. */
  #loadSnapshot(diff: RecordedDiff): boolean {
    const snapshot = this.#snapshot
    if (snapshot === null || diff.firstUpdateId > snapshot.lastUpdateId + 1) return false
    this.#book.clear()
    this.#book.apply(snapshot)
    this.#updateId = snapshot.lastUpdateId
    return true
  }

  #await(placed: Placed<RecordedDiff>): Step[] {
    this.#awaiting.push(placed)
    if (this.#awaiting.length > MAX_DIFFS_BEFORE_SNAPSHOT) this.#awaiting.shift()
    this.counts.tradesBeforeBook += this.#trades.splice(0).length
    return []
  }

  #drop(): Step[] {
    this.counts.staleDiffs++
    this.counts.tradesBeforeBook += this.#trades.splice(0).length
    return []
  }

  #step(diff: RecordedDiff, segment: string): Step {
    const later = this.#touches.findIndex((touch) => touch.updateId > diff.lastUpdateId)
    const passed = this.#touches.splice(0, later === -1 ? this.#touches.length : later)
    this.#touch = passed.at(-1) ?? this.#touch
    return {
      symbol: this.#instrument.symbol,
      segment,
      time: diff.time,
      updateId: diff.lastUpdateId,
      trades: this.#trades.splice(0),
      view: this.#book.view(this.#depth),
      touch: this.#touch,
    }
  }
}

/** By exchange time; a trade comes before the diff of the same millisecond, which contains it. */
function comesBefore(a: RecordedDiff | RecordedTrade, b: RecordedDiff | RecordedTrade): boolean {
  if (a.time !== b.time) return a.time < b.time
  return a.kind === 'trade' && b.kind === 'diff'
}
