/** One observation of a series. */
export interface Observation {
  readonly value: number
  /** Milliseconds since the epoch; absent where the order alone is known. */
  readonly time?: number
}

/** What a detector makes of an observation. */
export type Judgement =
  /** The first observations only teach what is usual; `left` are still missing. */
  | { readonly kind: 'warming'; readonly left: number }
  /** 0 is usual, 1 as unusual as can be. */
  | { readonly kind: 'judged'; readonly score: number }
  /** Nothing was learned of it, and the detector is as it was. */
  | { readonly kind: 'ignored'; readonly reason: 'not a number' | 'the clock went back' }

/** Judges each observation by those before it and no others, in bounded memory. */
export interface StreamingDetector {
  observe(observation: Observation): Judgement
}

/** Values beyond are taken for this: their squares and spans are still numbers. */
const LARGEST = 1e150

/** What every detector asks of its input, so that none has to ask it again: finite values in order of time. */
export class Intake {
  #time = -Infinity

  /** @returns the value to learn, or why there is none. */
  accept({ value, time }: Observation): number | Extract<Judgement, { kind: 'ignored' }> {
    if (!Number.isFinite(value) || Number.isNaN(time)) return { kind: 'ignored', reason: 'not a number' }
    if (time !== undefined) {
      if (time < this.#time) return { kind: 'ignored', reason: 'the clock went back' }
      this.#time = time
    }
    return Math.min(LARGEST, Math.max(-LARGEST, value))
  }
}
