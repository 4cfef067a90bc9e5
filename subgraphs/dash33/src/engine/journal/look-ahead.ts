import { NONE } from '../../book/index.ts'
import type { EngineState } from '../state.ts'
import type { SpelledNames } from './spelled-names.ts'
import { END, kindIn, NAME_AT, OTHER, type SpelledBatches, SUM_AT, widthIn } from './speller.ts'

/** Commands that are looked up at once: about as many lines of memory as a core fetches at a time. */
const AT_ONCE = 32

/** Of the one look that is taken at a time. */
const HASHES = new Int32Array(AT_ONCE)

/**
 * Touches what the next commands of a page will ask for. With hundreds of thousands of orders remembered, what a command finds first is in no cache, and whoever
 * carries out one after the other waits for each; the lines that several of them need come together in the time of one.
 */
export class LookAhead {
  private readonly cells: Int32Array
  private readonly names: SpelledNames
  /** Where among the cells the next look begins. */
  private next = 0

  constructor({ cells }: SpelledBatches, names: SpelledNames) {
    this.cells = cells
    this.names = names
  }

  /** The command at this place is about to be carried out. */
  reach(at: number, state: EngineState): void {
    if (at >= this.next) this.look(at, state)
  }

  private look(from: number, state: EngineState): void {
    const { cells, names } = this
    const { ids, rows } = state.records
    let found = 0
    let at = from
    let read = 0
    for (; found < AT_ONCE && at < cells.length; at += widthIn(cells[at]!)) {
      const kind = kindIn(cells[at]!)
      if (kind === END || kind === OTHER) continue
      HASHES[found++] = ids.hashOf(names.accountIndex(state, cells[at + NAME_AT]!), cells[at + SUM_AT]!)
    }
    // Loops of nothing else, so that many of their reads are under way at the same time.
    for (let i = 0; i < found; i++) read ^= ids.touch(HASHES[i]!)
    for (let i = 0; i < found; i++) {
      const record = ids.guess(HASHES[i]!)
      if (record !== NONE) read ^= rows.touch(record)
    }
    this.next = at
    // Kept somewhere: reads that nothing comes of a compiler may leave out.
    HASHES[0] = read ^ state.closedOrders.touchOldest(AT_ONCE / 2)
  }
}
