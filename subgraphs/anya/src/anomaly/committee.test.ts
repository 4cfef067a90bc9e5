import { seededRandom } from '@opsource/kernel'
import { describe, expect, it } from 'vitest'
import { ALARM, Committee, Evidence } from './committee.ts'
import type { Judgement } from './detector.ts'

const WARM_UP = 400
const DAY = 48

/** Days of a noisy wave; `change` puts something into it. */
function wave(rows: number, change: (value: number, row: number) => number = (value) => value): Float64Array {
  const random = seededRandom(7)
  return new Float64Array(rows).map((_, row) => change(10 * Math.sin((2 * Math.PI * row) / DAY) + random.next(), row))
}

const judge = (values: Iterable<number>, committee = new Committee(WARM_UP)) =>
  Array.from(values, (value) => committee.observe({ value }))
const alarms = (judgements: readonly Judgement[]) =>
  judgements.flatMap((each, row) => (each.kind === 'judged' && each.score >= ALARM.threshold ? [row] : []))

describe('the committee', () => {
  it('warms up, then judges each value between 0 and 1', () => {
    const judgements = judge(wave(WARM_UP + 500))
    expect(judgements[0]).toEqual({ kind: 'warming', left: WARM_UP - 1 })
    expect(judgements[WARM_UP - 1]).toEqual({ kind: 'warming', left: 0 })
    for (const judgement of judgements.slice(WARM_UP)) {
      expect(judgement.kind).toBe('judged')
      if (judgement.kind === 'judged') expect(judgement.score).toSatisfy((score: number) => score >= 0 && score <= 1)
    }
  })

  it('is silent while a wave goes on as it did', () => {
    expect(alarms(judge(wave(WARM_UP + 20 * DAY)))).toEqual([])
  })

  it('is almost silent on noise', () => {
    const counts = [1, 2, 3, 4, 5].map((seed) => {
      const random = seededRandom(seed)
      return alarms(judge(Array.from({ length: 2_000 }, () => random.next()))).length
    })
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1)
  })

  it.each([
    ['a level that shifts', (value: number, row: number) => (row >= 1_000 ? value + 15 : value), 1_000, 1_060],
    ['a spike', (value: number, row: number) => (row >= 1_000 && row < 1_003 ? 40 : value), 1_000, 1_010],
    [
      'a drop below everything',
      (value: number, row: number) => (row >= 1_000 && row < 1_004 ? -60 : value),
      1_000,
      1_010,
    ],
    [
      'a day that stays flat',
      (value: number, row: number) => (row >= 1_000 && row < 1_000 + DAY ? 0 : value),
      1_000,
      1_060,
    ],
    [
      'a wave that turns faster',
      (value: number, row: number) => (row >= 1_000 ? 10 * Math.sin(row) : value),
      1_000,
      1_100,
    ],
  ])('notices %s, once and soon', (_name, change, from, to) => {
    const found = alarms(judge(wave(1_100, change)))
    expect(found.length).toBeGreaterThanOrEqual(1)
    expect(found.length).toBeLessThanOrEqual(2)
    for (const row of found) expect(row).toSatisfy((at: number) => at >= from && at <= to)
  })

  it('learns: what comes again in the same way is news no more', () => {
    const spiky = wave(2_900, (value, row) => (row > 900 && row % 480 < 3 ? 40 : value))
    const found = alarms(judge(spiky))
    expect(found[0]).toSatisfy((row: number) => row >= 960 && row < 970)
    expect(found.filter((row) => row > 1_500)).toEqual([])
  })

  it('judges by what came before and nothing else', () => {
    const values = wave(1_200, (value, row) => (row === 900 ? 50 : value))
    const whole = judge(values)
    const other = judge(values.map((value, row) => (row < 950 ? value : -1_000 * row)))
    expect(other.slice(0, 950)).toEqual(whole.slice(0, 950))
  })

  it('passes over what is no number, and learns nothing of it', () => {
    const values = wave(1_200, (value, row) => (row === 900 ? 50 : value))
    const committee = new Committee(WARM_UP)
    const judgements = [...values].flatMap((value, row) => {
      const broken = [Number.NaN, Infinity, -Infinity][row % 3]!
      expect(committee.observe({ value: broken })).toEqual({ kind: 'ignored', reason: 'not a number' })
      return [committee.observe({ value })]
    })
    expect(judgements).toEqual(judge(values))
  })

  it('passes over what is older than the newest, and takes the same time again', () => {
    const committee = new Committee(2)
    expect(committee.observe({ value: 1, time: 1_000 })).toEqual({ kind: 'warming', left: 1 })
    expect(committee.observe({ value: 2, time: 999 })).toEqual({ kind: 'ignored', reason: 'the clock went back' })
    expect(committee.observe({ value: 2, time: Number.NaN })).toEqual({ kind: 'ignored', reason: 'not a number' })
    expect(committee.observe({ value: 2, time: 1_000 })).toEqual({ kind: 'warming', left: 0 })
    expect(committee.observe({ value: 2, time: 9_000_000 }).kind).toBe('judged')
  })

  it('is calm where nothing ever moves, and not where it moves at last', () => {
    const still = new Float64Array(2_000).fill(5)
    expect(judge(still).every((each) => each.kind === 'warming' || (each.kind === 'judged' && each.score === 0))).toBe(
      true,
    )
    still.fill(50, 1_500)
    const found = alarms(judge(still))
    expect(found[0]).toSatisfy((row: number) => row >= 1_500 && row < 1_510)
  })

  it('stays within 0 and 1 for the largest and smallest numbers there are', () => {
    const extremes = [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 0, -0, 1e150]
    const random = seededRandom(3)
    const values = Array.from({ length: 1_000 }, () => extremes[Math.floor(random.next() * extremes.length)]!)
    for (const judgement of judge(values))
      if (judgement.kind === 'judged') expect(judgement.score).toSatisfy((score: number) => score >= 0 && score <= 1)
  })

  it('answers the same to the same values', () => {
    expect(judge(wave(900))).toEqual(judge(wave(900)))
  })
})

describe('evidence', () => {
  it('grows with each member that agrees, and lasts for a while', () => {
    const alone = new Evidence(3, 10, 1)
    const single = alone.weigh([0.5, 0, 0])
    expect(single).toBeCloseTo(0.5 / 3, 12)
    expect(alone.weigh([0, 0, 0])).toBe(0)
    expect(alone.weigh([0, 0.5, 0])).toBeCloseTo(2 * single, 12)
    for (let row = 0; row < 11; row++) alone.weigh([0, 0, 0])
    expect(alone.weigh([0, 0, 0.5])).toBeCloseTo(single, 12)
  })

  it('is not given again until it has risen or is forgotten', () => {
    const evidence = new Evidence(2, 10, 1.5)
    expect(evidence.weigh([0.6, 0])).toBe(0.3)
    expect(evidence.weigh([0.61, 0])).toBe(0)
    expect(evidence.weigh([0.61, 0.9])).toBeCloseTo(0.755, 12)
    for (let row = 0; row < 11; row++) evidence.weigh([0, 0])
    expect(evidence.weigh([0.6, 0])).toBe(0.3)
  })
})
