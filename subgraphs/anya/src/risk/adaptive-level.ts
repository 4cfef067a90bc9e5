/** A violation lowers what is asked by this part of what is promised: slow enough that one bad week is no new regime. */
const STEP = 0.05
/** Bounds, as parts of what is promised: at a quarter of 1 % a window of 1,000 still has residuals to tell from. */
const LOWEST = 0.25
const HIGHEST = 2

/**
 * The level to ask of a model so that what comes falls short of it as often as promised. Lowered by each violation, raised a little by each
 * day without one: I. Gibbs, E. Candès, "Adaptive Conformal Inference Under Distribution Shift", NeurIPS 2021. It knows only what has
 * happened; where the model is right it stays close to what was promised.
 */
export class AdaptiveLevel {
  readonly #promised: number
  #asked: number

  constructor(promised: number) {
    this.#promised = promised
    this.#asked = promised
  }

  get asked(): number {
    return this.#asked
  }

  observe(violated: boolean): void {
    const next = this.#asked + STEP * this.#promised * (this.#promised - (violated ? 1 : 0))
    this.#asked = Math.min(Math.max(next, LOWEST * this.#promised), HIGHEST * this.#promised)
  }
}

/** The highest level that is ever asked for `promised`: as deep as a forecast must know its distribution. */
export const highestAsked = (promised: number): number => HIGHEST * promised
