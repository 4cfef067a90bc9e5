import { describe, expect, it } from 'vitest'
import { bestThreshold, placeValue, probation, scoreAt } from './nab-scorer.ts'

const standard = { truePositive: 1, falseNegative: 1, falsePositive: 0.11 }
const lowFalsePositives = { ...standard, falsePositive: 0.22 }
const lowFalseNegatives = { ...standard, falseNegative: 2 }

/** A hundred rows, of which 15 are on probation, with a window of ten from row 40 on. */
const series = (detections: Readonly<Record<number, number>>, windows = [{ from: 40, to: 49 }]) => {
  const score = new Float64Array(100)
  for (const [row, value] of Object.entries(detections)) score[Number(row)] = value
  return { score, windows }
}

describe('the scoring of NAB', () => {
  it.each([
    [-1, 0.98661],
    [-0.5, 0.84828],
    [0, 0],
    [1, -0.98661],
    [3, -1],
    [Number.POSITIVE_INFINITY, -1],
  ])('values a detection at %f of a window as published: %f', (position, value) => {
    expect(placeValue(position)).toBeCloseTo(value, 5)
  })

  it.each([
    [100, 15],
    [1_243, 186],
    [5_000, 750],
    [22_695, 750],
  ])('lets the first rows of %i go by: %i', (rows, skipped) => {
    expect(probation(rows)).toBe(skipped)
  })

  it('counts a window at its first row whole, and its earliest detection alone', () => {
    expect(scoreAt([series({ 40: 1 })], standard, 0.5)).toMatchObject({ raw: 1, score: 100, found: 1 })
    expect(scoreAt([series({ 40: 1, 45: 1, 49: 1 })], standard, 0.5).raw).toBeCloseTo(1, 12)
    const late = scoreAt([series({ 45: 1 })], standard, 0.5)
    expect(late.raw).toBeCloseTo(placeValue(-0.5) / placeValue(-1), 12)
  })

  it('gives nothing to silence in any profile', () => {
    for (const profile of [standard, lowFalsePositives, lowFalseNegatives])
      expect(scoreAt([series({})], profile, 0.5)).toMatchObject({ raw: -profile.falseNegative, score: 0, found: 0 })
  })

  it('charges a false alarm by its distance behind the last window, and whole before the first', () => {
    const cost = (row: number) => scoreAt([series({ 40: 1, [row]: 1 })], standard, 0.5).raw - 1
    expect(cost(30)).toBeCloseTo(-0.11, 12)
    expect(cost(99)).toBeCloseTo(-0.11, 12)
    expect(cost(58)).toBeCloseTo(0.11 * placeValue(1), 12)
    expect(cost(50)).toBeCloseTo(0.11 * placeValue(1 / 9), 12)
  })

  it('weighs the same detections by profile', () => {
    const detections = [series({ 30: 1 }, [{ from: 40, to: 49 }])]
    expect(scoreAt(detections, standard, 0.5).raw).toBeCloseTo(-1.11, 12)
    expect(scoreAt(detections, lowFalsePositives, 0.5).raw).toBeCloseTo(-1.22, 12)
    expect(scoreAt(detections, lowFalseNegatives, 0.5).raw).toBeCloseTo(-2.11, 12)
    expect(scoreAt([series({ 40: 1 })], lowFalseNegatives, 0.5).score).toBe(100)
  })

  it('does not judge what is said on probation', () => {
    expect(scoreAt([series({ 3: 1, 40: 1 })], standard, 0.5)).toMatchObject({ score: 100, falsePositives: 0 })
  })

  it('finds one threshold for all files: high enough for the noise, low enough for the weakest window that is worth it', () => {
    const files = [series({ 20: 0.3, 40: 0.9 }), series({ 60: 0.4, 40: 0.6, 70: 0.2 })]
    expect(bestThreshold(files, standard)).toEqual({ threshold: 0.6, raw: 2 })
    const hidden = [series({ 20: 0.9, 21: 0.9, 40: 0.5 })]
    expect(bestThreshold(hidden, standard).threshold).toBe(0.5)
    expect(bestThreshold(hidden, standard).raw).toBeCloseTo(0.78, 12)
  })

  it('would rather have nothing detected than only false alarms', () => {
    expect(bestThreshold([series({ 20: 0.9 })], standard)).toEqual({ threshold: 1.1, raw: -1 })
  })

  it('takes rows of equal score together', () => {
    expect(bestThreshold([series({ 40: 0.5, 20: 0.5 })], standard).raw).toBeCloseTo(0.89, 12)
  })
})
