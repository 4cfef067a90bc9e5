import type { Transition } from './history.ts'

type Move = Pick<Transition, 'action' | 'toVersion' | 'by'>

/**
 * What served, one on top of the other, the version that serves now last: a promotion comes on top of what served, a roll-back takes
 * away what came after its target. So whoever rolls back twice gets further back, not forth again.
 * @param moves of the alias, oldest first.
 */
export function servedStack(moves: readonly Move[]): number[] {
  const stack: number[] = []
  for (const { action, toVersion, by } of moves) {
    if (toVersion === null) continue
    const known = action === 'ROLLED_BACK' ? stack.lastIndexOf(toVersion) : -1
    if (known >= 0) stack.length = known + 1
    else {
      // The platform itself put a rule in the place of what could not be run: nobody goes back to that.
      if (action === 'ROLLED_BACK' && by === null) stack.pop()
      if (stack.at(-1) !== toVersion) stack.push(toVersion)
    }
  }
  return stack
}

/** @returns what served before the version that serves now, or null. */
export const previousOf = (moves: readonly Move[]): number | null => servedStack(moves).at(-2) ?? null
