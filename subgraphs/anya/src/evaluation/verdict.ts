/** A bar that a figure has to pass. */
export interface Target {
  readonly target: string
  /** Null where there is no figure. */
  readonly measured: number | null
  readonly met: boolean
}

/** What somebody who reads nothing else should read of an evaluation. */
export interface Verdict {
  readonly verdict: string
  readonly missed: readonly string[]
  readonly targets: readonly Target[]
}

/** @param unless why nothing can be told, where that is so. */
export function verdictOf(targets: readonly Target[], unless?: string): Verdict {
  const missed = targets.filter(({ met }) => !met).map(({ target }) => target)
  return { verdict: unless ?? (missed.length === 0 ? 'MET' : 'MISSED'), missed, targets }
}

export const atLeast = (target: string, measured: number | null, least: number): Target => ({
  target,
  measured,
  met: measured !== null && measured >= least,
})

export const atMost = (target: string, measured: number | null, most: number): Target => ({
  target,
  measured,
  met: measured !== null && measured <= most,
})

export const above = (target: string, measured: number | null, bound: number): Target => ({
  target,
  measured,
  met: measured !== null && measured > bound,
})

export const below = (target: string, measured: number | null, bound: number): Target => ({
  target,
  measured,
  met: measured !== null && measured < bound,
})
