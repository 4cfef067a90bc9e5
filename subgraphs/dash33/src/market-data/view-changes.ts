import type { Change } from './levels.ts'

/** One side of a book, best first. */
export interface Ranked<E> {
  readonly size: number
  /** The entry at `rank` (0 is the best), or null beyond the last. */
  at(rank: number): E | null
  isBetter(a: E, b: E): boolean
}

/** What a step did to the best entries of one side, in no order. */
export interface ViewChanges<E> {
  readonly entered: readonly E[]
  readonly changed: readonly E[]
  /** As they were before the step. */
  readonly left: readonly E[]
}

/**
 * What a step changed within the best `depth` entries of a side. Costs as much as the step changed, however deep the view: an entry that
 * did not change itself comes or goes only for one that did.
 * @param changes each entry once.
 * @param worst the entry at rank `depth - 1` before the step; null where there were fewer.
 * @param keyOf what names an entry for as long as it stays.
 */
export function viewChanges<E>(
  side: Ranked<E>,
  depth: number,
  changes: readonly Change<E>[],
  worst: E | null,
  keyOf: (entry: E) => unknown,
): ViewChanges<E> {
  const entered: E[] = []
  const changed: E[] = []
  const left: E[] = []
  const worstNow = side.at(depth - 1)
  const wasShown = (entry: E) => worst === null || !side.isBetter(worst, entry)
  const isShown = (entry: E) => worstNow === null || !side.isBetter(worstNow, entry)
  const touched = new Set<unknown>()
  for (const { before, after } of changes) {
    if (after) touched.add(keyOf(after))
    const was = before !== null && wasShown(before)
    const is = after !== null && isShown(after)
    if (was && is) changed.push(after)
    else if (was) left.push(before)
    else if (is) entered.push(after)
  }
  for (let rank = Math.min(depth, side.size) - 1; rank >= 0; rank--) {
    const entry = side.at(rank)!
    if (wasShown(entry)) break
    if (!touched.has(keyOf(entry))) entered.push(entry)
  }
  for (let rank = depth; rank < side.size; rank++) {
    const entry = side.at(rank)!
    if (!wasShown(entry)) break
    if (!touched.has(keyOf(entry))) left.push(entry)
  }
  return { entered, changed, left }
}

/** Whether a step can have changed the best `depth` entries. */
export function touchesBest<E>(side: Ranked<E>, depth: number, changes: readonly Change<E>[]): boolean {
  const last = side.at(depth - 1)
  // What was among the best and has left them was better than what is the last of them now.
  const among = (entry: E | null) => entry !== null && (last === null || !side.isBetter(last, entry))
  return changes.some(({ before, after }) => among(before) || among(after))
}
