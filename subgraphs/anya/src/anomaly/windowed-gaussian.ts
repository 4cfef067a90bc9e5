import { normalCdf } from '../statistics/distribution.ts'
import { Intake, type Judgement, type Observation, type StreamingDetector } from './detector.ts'

const WINDOW = 6_400
const STEP = 100
const LEAST_DEVIATION = 1e-6

/**
 * How far up a value is in the normal distribution of those before it: NAB's `windowedGaussian` detector as its results were published, with
 * its window of 6,400 values that moves by 100. It does not see what is unusually low.
 */
export class WindowedGaussian implements StreamingDetector {
  readonly #intake = new Intake()
  #window: number[] = []
  #pending: number[] = []
  #mean = 0
  #deviation = 1
  #squares = 0
  #count = 0

  observe(observation: Observation): Judgement {
    const value = this.#intake.accept(observation)
    if (typeof value !== 'number') return value
    const first = this.#window.length === 0
    const score = first ? 0 : normalCdf((value - this.#mean) / this.#deviation)
    this.#learn(value)
    return { kind: 'judged', score }
  }

  #learn(value: number): void {
    if (this.#window.length < WINDOW) {
      this.#window.push(value)
      this.#add(value)
      return
    }
    this.#pending.push(value)
    if (this.#pending.length < STEP) return
    this.#window = this.#window.slice(STEP).concat(this.#pending)
    this.#pending = []
    this.#squares = 0
    this.#mean = 0
    this.#count = 0
    for (const each of this.#window) this.#add(each)
  }

  /** Welford's update, which does not lose digits as sums of squares do. */
  #add(value: number): void {
    this.#count++
    const delta = value - this.#mean
    this.#mean += delta / this.#count
    this.#squares += delta * (value - this.#mean)
    this.#deviation = Math.sqrt(this.#squares / this.#count) || LEAST_DEVIATION
  }
}
