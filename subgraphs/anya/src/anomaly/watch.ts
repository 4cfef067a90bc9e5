import { ALARM, Committee } from './committee.ts'
import type { Judgement, Observation } from './detector.ts'

export type Severity = 'LOW' | 'MEDIUM' | 'HIGH'

export interface Anomaly {
  /** What was measured: a market's `spread`, a metric's name. */
  readonly measure: string
  readonly value: number
  /** Milliseconds since the epoch, where the observation told. */
  readonly time: number | undefined
  /** The alarm threshold to 1. */
  readonly score: number
  readonly severity: Severity
  /** Between which values nine of ten of the recent observations lay. */
  readonly usual: readonly [from: number, to: number]
  /** For people: what is unusual, and what would be usual. */
  readonly explanation: string
}

export type Verdict = Judgement | { readonly kind: 'anomaly'; readonly anomaly: Anomaly }

/** From which score on an alarm is of a severity: about two of the six members of the committee that are certain, three, four. */
const SEVERITIES: readonly (readonly [from: number, severity: Severity])[] = [
  [0.65, 'HIGH'],
  [0.5, 'MEDIUM'],
  [ALARM.threshold, 'LOW'],
]
/** Recent observations that the usual range is told from. */
const RECENT = 256
const TAIL = 0.05
/** An alarm often comes once what was unusual is over: it is told of what was seen within so many observations before. */
const AFTERMATH = 10

/** Watches one measure and says in words what it finds. */
export class Watch {
  readonly #measure: string
  readonly #committee: Committee
  readonly #recent = new Float64Array(RECENT)
  #seen = 0

  /** @param warmUp observations that teach what is usual */
  constructor(measure: string, warmUp: number) {
    this.#measure = measure
    this.#committee = new Committee(warmUp)
  }

  observe(observation: Observation): Verdict {
    const judgement = this.#committee.observe(observation)
    if (judgement.kind === 'ignored') return judgement
    const usual = this.#usual()
    this.#recent[this.#seen++ % RECENT] = observation.value
    const severity = judgement.kind === 'judged' ? severityOf(judgement.score) : undefined
    if (judgement.kind !== 'judged' || !severity) return judgement
    const { value, time } = observation
    const explanation = explain(this.#measure, value, usual, this.#strangest(usual))
    return {
      kind: 'anomaly',
      anomaly: { measure: this.#measure, value, time, score: judgement.score, severity, usual, explanation },
    }
  }

  /** The newest values' farthest outside of the range; undefined where all lay within. */
  #strangest([from, to]: readonly [number, number]): number | undefined {
    const newest = Array.from({ length: Math.min(AFTERMATH, this.#seen) }, (_, age) => this.#at(age))
    const excess = (value: number) => Math.max(from - value, value - to)
    const strangest = newest.reduce((most, value) => (excess(value) > excess(most) ? value : most), from)
    return excess(strangest) > 0 ? strangest : undefined
  }

  #at(age: number): number {
    return this.#recent[(this.#seen - 1 - age) % RECENT]!
  }

  #usual(): readonly [number, number] {
    const known = this.#recent.slice(0, Math.min(this.#seen, RECENT)).sort()
    if (known.length === 0) return [0, 0]
    const skipped = Math.floor(known.length * TAIL)
    return [known[skipped]!, known[known.length - 1 - skipped]!]
  }
}

const severityOf = (score: number) => SEVERITIES.find(([from]) => score >= from)?.[1]

const text = (value: number) => String(Number(value.toPrecision(6)))

function explain(
  measure: string,
  value: number,
  [from, to]: readonly [number, number],
  strangest: number | undefined,
): string {
  const [shown, low, high] = [value, from, to].map(text)
  const range = `usually ${low} to ${high}`
  if (value > to) return `${measure} is ${shown}, above what it was lately: ${range}`
  if (value < from) return `${measure} is ${shown}, below what it was lately: ${range}`
  if (strangest !== undefined) return `${measure} is ${shown}, after ${text(strangest)} a moment ago: ${range}`
  return `${measure} is ${shown}, within its range (${range}), but moved in a way not seen before`
}
