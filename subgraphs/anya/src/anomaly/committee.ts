import { Intake, type Judgement, type Observation, type StreamingDetector } from './detector.ts'
import { Member, type MemberSettings } from './member.ts'

export interface CommitteeSettings {
  /** How long evidence lasts and an alarm is not repeated, as a share of the warm-up. */
  readonly memory: number
  /** How many times a score must exceed the last one within that time to be given. */
  readonly rise: number
}

const HISTORY = 1_500

/** Shapes over three spans of time, levels never seen, and how rough the series is: each was of use beside the others. */
export const MEMBERS: readonly MemberSettings[] = [
  { scale: 'linear', measure: shape(32, 1), tail: 'pareto' },
  { scale: 'linear', measure: shape(16, 4), tail: 'pareto' },
  { scale: 'signed-log', measure: shape(8, 16), tail: 'pareto' },
  {
    scale: 'linear',
    measure: { kind: 'nearest window', length: 1, block: 1, history: 2 * HISTORY, neighbour: 2 },
    tail: 'exponential',
  },
  { scale: 'linear', measure: { kind: 'roughness', share: 0.15 }, tail: 'exponential' },
  { scale: 'signed-log', measure: { kind: 'roughness', share: 0.15 }, tail: 'pareto' },
]

function shape(length: number, block: number): MemberSettings['measure'] {
  return { kind: 'nearest window', length, block, history: HISTORY, neighbour: 1 }
}

/**
 * Where a score is an alarm, and how often. Memory and rise are those that `npm run evaluate -- nab` fixes on either half of 31 files of NAB,
 * in its standard profile. That profile counts nine false alarms as bad as a find is good and so fixes a threshold of about 0.25; this one is
 * higher, for people who read each alarm: of 57 windows it finds 42 with 41 false alarms, not 53 with 97.
 * The members were chosen with all of those files in view.
 */
export const ALARM = { threshold: 0.36, memory: 0.3, rise: 1.5 } as const

/**
 * Averages what members report within a while of each other: one that is alone is doubted, several at once are believed, as where
 * p-values are combined by the sum of their logarithms (R. A. Fisher, 1925). An average that does not rise well above the one given last is
 * kept back for a while, since the beginning of an anomaly is what matters.
 */
export class Evidence {
  readonly #memory: number
  readonly #rise: number
  readonly #strongest: Float64Array
  readonly #strongestAt: Float64Array
  #at = -1
  #given = 0
  #givenAt = -Infinity

  /** @param memory observations after which a report and an alarm are forgotten @param rise at least 1 */
  constructor(members: number, memory: number, rise: number) {
    this.#memory = Math.max(1, Math.round(memory))
    this.#rise = rise
    this.#strongest = new Float64Array(members)
    this.#strongestAt = new Float64Array(members).fill(-Infinity)
  }

  /** @returns what the members' scores for one observation, with those shortly before, amount to: 0 to 1, and 0 where that is no news */
  weigh(scores: ArrayLike<number>): number {
    this.#at++
    let isNews = false
    for (let member = 0; member < this.#strongest.length; member++)
      isNews = this.#hear(member, scores[member]!) || isNews
    return isNews ? this.#give() : 0
  }

  #hear(member: number, score: number): boolean {
    if (this.#at - this.#strongestAt[member]! > this.#memory) this.#strongest[member] = 0
    if (score <= 0 || score < this.#strongest[member]!) return false
    this.#strongest[member] = score
    this.#strongestAt[member] = this.#at
    return true
  }

  #give(): number {
    const score = this.#strongest.reduce((sum, report) => sum + report, 0) / this.#strongest.length
    if (this.#at - this.#givenAt > this.#memory) this.#given = 0
    if (score <= this.#given * this.#rise) return 0
    this.#given = score
    this.#givenAt = this.#at
    return score
  }
}

/** Several members that see a series in different ways, and vote. Judges from the end of its warm-up on. */
export class Committee implements StreamingDetector {
  readonly #intake = new Intake()
  readonly #warmUp: Float64Array
  readonly #evidence: Evidence
  #seen = 0
  #members: readonly Member[] = []

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
    if (left === 0) this.#members = MEMBERS.map((settings) => new Member(this.#warmUp, settings))
    return { kind: 'warming', left }
  }
}
