import { RankedWindow } from './ranked-window.ts'

/** How fast a tail is taken to fall: as a power of the value, or as an exponential of it. */
export type TailShape = 'pareto' | 'exponential'

const CAPACITY = 5_000
/** Values before which nothing is said of a tail. */
const FEWEST = 20
const TAIL_SHARE = 0.05
const FEWEST_IN_TAIL = 7
/** Differences below are rounding. */
const LEAST = 1e-12
const SATURATED = 30

/**
 * How improbable a nonconformity is by those before it. Below the tail it is not; within, it is the conformal rank at which the tail begins
 * (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005) times a fitted tail, so that what exceeds all before is
 * told apart too: peaks over a threshold (A. Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017), with the
 * estimator of B. Hill (1975) for a Pareto tail and the mean excess for an exponential one.
 */
export class Tail {
  readonly #shape: TailShape
  readonly #known = new RankedWindow(CAPACITY)

  constructor(shape: TailShape) {
    this.#shape = shape
  }

  /** Learns a nonconformity of at least 0. @returns −log₁₀ of its probability by those before it; 0 for the usual */
  weigh(nonconformity: number): number {
    const evidence = this.#evidence(nonconformity)
    this.#known.add(nonconformity)
    return evidence
  }

  #evidence(nonconformity: number): number {
    const { size } = this.#known
    if (size < FEWEST) return 0
    const inTail = Math.max(FEWEST_IN_TAIL, Math.floor(size * TAIL_SHARE))
    const from = this.#known.at(size - inTail)
    if (nonconformity <= from + LEAST) return 0
    let sum = 0
    for (let rank = size - inTail + 1; rank < size; rank++) sum += this.#excess(this.#known.at(rank), from)
    const mean = sum / inTail
    const fall = mean > 0 ? this.#excess(nonconformity, from) / mean : SATURATED
    return Math.log10(size / inTail) + Math.LOG10E * Math.min(SATURATED, fall)
  }

  #excess(value: number, from: number): number {
    return this.#shape === 'pareto' ? Math.log((value + LEAST) / (from + LEAST)) : value - from
  }
}
