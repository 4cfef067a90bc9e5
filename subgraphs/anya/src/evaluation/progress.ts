/** Told how far a piece of work is, between 0 and 1. */
export interface Progress {
  at(share: number): void
  /** For a part of the work. */
  within(from: number, to: number): Progress
}

export const progressOf = (tell: (share: number) => void): Progress => ({
  at: tell,
  within: (from, to) => progressOf((share) => tell(from + share * (to - from))),
})

export const silent = progressOf(() => undefined)
