import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { seededRandom } from '@opsource/kernel'
import { beforeAll, describe, expect, test } from 'vitest'
import { normalSample } from '../statistics/random.ts'
import { type Evaluation, evaluationSchema } from './evaluation.ts'
import { type GateEvidence, judge } from './gate.ts'
import { MODELS_DIRECTORY } from './model-file.ts'
import { pairedForecasts } from './shadow-store.ts'

const ROWS = 600
const STEP_MS = 1_000
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value))

/** Outcomes that follow a signal; model and baseline see a share of it, and noise for the rest. `boldness` 1 is calibrated for who sees all. */
function evaluationOf({ modelSees = 1, baselineSees = 0.2, boldness = 1, seed = 7 } = {}): Evaluation {
  const random = seededRandom(seed)
  const signals = Array.from({ length: ROWS }, () => normalSample(random))
  const noise = signals.map(() => normalSample(random))
  const outcomes = signals.map((signal) => (random.next() < sigmoid(2 * signal) ? 1 : 0))
  const seen = (share: number, i: number) => 2 * (share * signals[i]! + (1 - share) * noise[i]!)
  return {
    loss: { kind: 'LOG_LOSS' },
    baseline: 'imbalance',
    heldOut: {
      sha256: 'a'.repeat(64),
      horizonSteps: 10,
      times: signals.map((_, i) => i * STEP_MS),
      forecasts: signals.map((_, i) => sigmoid(boldness * seen(modelSees, i))),
      baseline: signals.map((_, i) => sigmoid(seen(baselineSees, i))),
      outcomes,
    },
    sample: { rows: [[0]], expected: [[0.5]] },
    canaries: [
      { name: 'shuffled-target', observed: 0.4, threshold: 3 },
      { name: 'prefix-invariance', observed: 0, threshold: 0 },
      { name: 'planted-future', observed: 0, threshold: 0 },
    ],
    reference: [{ feature: 'imbalance', edges: [-1, 0, 1], counts: [100, 100, 100, 100, 0] }],
  }
}

const evidence = (changes: Partial<GateEvidence> = {}): GateEvidence => ({
  kind: 'MODEL',
  evaluation: evaluationOf(),
  misfit: null,
  champion: { kind: 'RULE', evaluation: null },
  shadow: null,
  probe: { kind: 'RAN', rows: 64, maxDifference: 3e-7, p99Ms: 0.2 },
  differenceAtUpload: null,
  live: new Map(),
  ...changes,
})

const failed = (given: GateEvidence) =>
  judge(given)
    .filter(({ passed }) => !passed)
    .map(({ name }) => name)

/** Live forecasts beside a champion's: as many rows, of the given sight. */
function shadowOf(modelSees: number, championSees: number, rows = ROWS) {
  const { heldOut } = evaluationOf({ modelSees, baselineSees: championSees, seed: 11 })
  const pairs = heldOut.outcomes.slice(0, rows).map((outcome, i) => ({
    madeAt: i * STEP_MS,
    horizonMs: 10_000,
    championVersion: 1,
    up: heldOut.forecasts[i]!,
    championUp: heldOut.baseline[i]!,
    baselineUp: 0.5,
    outcome: outcome === 1 ? (1 as const) : (0 as const),
  }))
  return {
    againstChampion: pairedForecasts(pairs, 'CHAMPION', STEP_MS),
    againstBaseline: pairedForecasts(pairs, 'BASELINE', STEP_MS),
  }
}

test('a model that beats its baseline in every respect passes, and each check says what it saw', () => {
  const checks = judge(evidence())
  expect(checks.filter(({ passed }) => !passed)).toEqual([])
  expect(checks.map(({ name }) => name)).toEqual([
    'BEATS_BASELINE',
    'RANKS_BETTER',
    'STEADY',
    'SHADOW',
    'CALIBRATION',
    'CANARIES',
    'DRIFT',
    'FEATURES',
    'PARITY',
    'LATENCY',
  ])
  for (const { detail } of checks) expect(detail).not.toBe('')
})

describe('a model is refused', () => {
  test('that forecasts as well as the baseline', () => {
    expect(failed(evidence({ evaluation: evaluationOf({ modelSees: 0.2 }) }))).toContain('BEATS_BASELINE')
  })

  test('for one reason alone, where it is only that', () => {
    const { heldOut, ...rest } = evaluationOf({ modelSees: 0.9, baselineSees: 0.2 })
    const changed = (forecasts: number[], baseline = heldOut.baseline) =>
      evidence({ evaluation: { ...rest, heldOut: { ...heldOut, forecasts, baseline } } })
    const odds = (probability: number) => Math.log(probability / (1 - probability))
    const first = heldOut.outcomes.indexOf(1)
    const betterOnce = heldOut.baseline.map((each, i) => (i === first ? each + (1 - each) / 2 : each))
    expect(failed(changed(betterOnce))).toEqual(['BEATS_BASELINE'])
    const inItsOrder = heldOut.baseline.map((each) => sigmoid(odds(each) / 4))
    expect(failed(changed(inItsOrder))).toEqual(['RANKS_BETTER'])
    const wrongInTheMiddle = heldOut.forecasts.map((each, i) =>
      Math.floor((5 * i) / ROWS) === 2 ? heldOut.baseline[i]! ** 1.5 : each,
    )
    expect(failed(changed(wrongInTheMiddle))).toEqual(['STEADY'])
    const bold = heldOut.forecasts.map((each) => sigmoid(2 * odds(each)))
    const nearlyEven = heldOut.baseline.map((each) => sigmoid(odds(each) / 100))
    expect(failed(changed(bold, nearlyEven))).toEqual(['CALIBRATION'])
  })

  test('that overstates what it knows', () => {
    const bold = evaluationOf({ modelSees: 1, baselineSees: 0.9, boldness: 3 })
    expect(failed(evidence({ evaluation: bold }))).toEqual(['BEATS_BASELINE', 'STEADY', 'CALIBRATION'])
  })

  test('that once gave no number', () => {
    const shadow = shadowOf(1, 0.1)
    const live = { ...shadow.againstBaseline, forecasts: [Number.NaN, ...shadow.againstBaseline.forecasts.slice(1)] }
    const given = evidence({ evaluation: null, shadow: { ...shadow, againstBaseline: live } })
    expect(failed(given)).toEqual(expect.arrayContaining(['BEATS_BASELINE', 'RANKS_BETTER', 'CALIBRATION']))
  })

  test('that was tried on too few rows', () => {
    const evaluation = evaluationOf()
    const { heldOut } = evaluation
    const few = (values: number[]) => values.slice(0, 299)
    const short = {
      ...heldOut,
      times: few(heldOut.times),
      forecasts: few(heldOut.forecasts),
      baseline: few(heldOut.baseline),
      outcomes: few(heldOut.outcomes),
    }
    expect(failed(evidence({ evaluation: { ...evaluation, heldOut: short } }))).toEqual(['EVALUATION'])
    expect(failed(evidence({ evaluation: null }))).toEqual(['EVALUATION'])
  })

  test('that came without rows, until it has forecast often enough, and hears how often that is', () => {
    const [check] = judge(evidence({ evaluation: null, shadow: shadowOf(1, 0.2, 212) }))
    expect(check).toMatchObject({ name: 'EVALUATION', observed: 212, threshold: 300, passed: false })
    expect(check?.detail).toBe('212 live forecasts as challenger have an outcome that counts, 88 are missing.')
  })

  test.each([1.1e-5, Number.NaN, null])('whose file differs from its trainer by %s', (maxDifference) => {
    expect(failed(evidence({ probe: { kind: 'RAN', rows: 64, maxDifference, p99Ms: 0.2 } }))).toEqual(['PARITY'])
  })

  test('that is slow', () => {
    expect(failed(evidence({ probe: { kind: 'RAN', rows: 64, maxDifference: 0, p99Ms: 5.1 } }))).toEqual(['LATENCY'])
  })

  test('that cannot be loaded', () => {
    const checks = judge(evidence({ probe: { kind: 'UNUSABLE', message: 'no such operator' } }))
    expect(checks.filter(({ passed }) => !passed).map(({ detail }) => detail)).toEqual([
      'no such operator',
      'no such operator',
    ])
  })

  test('that was trained on other features', () => {
    expect(failed(evidence({ misfit: 'other features' }))).toEqual(['FEATURES'])
  })

  test.each([
    ['shuffled-target', 3.1, 3],
    // Whoever trains does not say how much of a leak is none.
    ['shuffled-target', 3.1, 1e9],
    ['prefix-invariance', 1, 0],
    ['planted-future', 1, 0],
    ['credible', 0.4, 0.3],
  ])('whose canary %s shows %f, whatever it is allowed', (name, observed, threshold) => {
    const evaluation = evaluationOf()
    const canaries = [...evaluation.canaries.filter((canary) => canary.name !== name), { name, observed, threshold }]
    expect(failed(evidence({ evaluation: { ...evaluation, canaries } }))).toEqual(['CANARIES'])
  })

  test.each(['shuffled-target', 'prefix-invariance', 'planted-future'])('that brings no canary %s', (name) => {
    const evaluation = evaluationOf()
    const canaries = evaluation.canaries.filter((canary) => canary.name !== name)
    const checks = judge(evidence({ evaluation: { ...evaluation, canaries } }))
    expect(checks.filter(({ passed }) => !passed)).toMatchObject([{ name: 'CANARIES', detail: `${name} is missing.` }])
  })

  test('whose features are now distributed otherwise', () => {
    const drifted = new Map([['imbalance', Float32Array.from({ length: 500 }, () => 2)]])
    expect(failed(evidence({ live: drifted }))).toEqual(['DRIFT'])
  })

  test('that is better than the baseline and not than the champion, on the same rows', () => {
    const better = { kind: 'MODEL' as const, evaluation: evaluationOf() }
    expect(failed(evidence({ evaluation: evaluationOf({ modelSees: 0.6 }), champion: better }))).toEqual([
      'BEATS_CHAMPION',
    ])
  })

  test('that was judged on other rows than the champion, until it ran in its shadow', () => {
    const other = evaluationOf({ modelSees: 0.3 })
    const champion = {
      kind: 'MODEL' as const,
      evaluation: { ...other, heldOut: { ...other.heldOut, sha256: 'b'.repeat(64) } },
    }
    expect(failed(evidence({ champion }))).toEqual(['BEATS_CHAMPION'])
    expect(failed(evidence({ champion, shadow: shadowOf(1, 0.3) }))).toEqual([])
    expect(failed(evidence({ champion, shadow: shadowOf(1, 0.3, 299) }))).toEqual(['BEATS_CHAMPION'])
  })

  test('that was better on held-out rows, and is worse live', () => {
    expect(failed(evidence({ shadow: shadowOf(0.1, 1) }))).toEqual(['SHADOW'])
  })
})

test('a model without an evaluation passes by its live forecasts as challenger', () => {
  const uploaded = {
    evaluation: null,
    probe: { kind: 'RAN' as const, rows: 1, maxDifference: null, p99Ms: 0.2 },
    differenceAtUpload: 3e-8,
  }
  expect(failed(evidence(uploaded))).toEqual(['EVALUATION'])
  expect(failed(evidence({ ...uploaded, shadow: shadowOf(1, 0.2) }))).toEqual([])
})

test('the baseline may always serve where it can be run', () => {
  const probe = { kind: 'RAN' as const, rows: 1, maxDifference: null, p99Ms: 0.2 }
  expect(failed(evidence({ kind: 'RULE', evaluation: null, probe }))).toEqual([])
  expect(failed(evidence({ kind: 'RULE', evaluation: null, probe, misfit: 'other features' }))).toEqual(['FEATURES'])
})

describe('the committed model of the order book', () => {
  let evaluation: Evaluation
  beforeAll(async () => {
    evaluation = evaluationSchema.parse(
      JSON.parse(await readFile(path.join(MODELS_DIRECTORY, 'evaluation.json'), 'utf8')),
    )
  })

  test('does not beat the imbalance rule, and the gate says by how much', () => {
    const checks = judge(evidence({ evaluation }))
    const beats = checks.find(({ name }) => name === 'BEATS_BASELINE')
    expect(beats).toMatchObject({ passed: false, threshold: 0.05 })
    expect(beats?.observed).toBeGreaterThan(0.05)
    expect(checks.find(({ name }) => name === 'CANARIES')?.passed).toBe(true)
  })
})
