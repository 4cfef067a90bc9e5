import type { Transition } from './history.ts'

type Move = Pick<Transition, 'action' | 'toVersion'>

/**
 * What served before the version that serves now: a promotion comes on top of what served, a roll-back takes away what came after its
 * target. So whoever rolls back twice gets further back, not forth again.
 * @param moves of the alias, oldest first.
 * @returns null where nothing served before.
 */
export function previousOf(moves: readonly Move[]): number | null {
  const stack: number[] = []
  for (const { action, toVersion } of moves) {
    if (toVersion === null) continue
    const known = action === 'ROLLED_BACK' ? stack.lastIndexOf(toVersion) : -1
    if (known >= 0) stack.length = known + 1
    else if (stack.at(-1) !== toVersion) stack.push(toVersion)
  }
  return stack.at(-2) ?? null
}
