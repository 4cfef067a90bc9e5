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

  test('whose training finds something in shuffled outcomes, or was not tried on them', () => {
    const evaluation = evaluationOf()
    const [, invariance] = evaluation.canaries
    const dead = { name: 'shuffled-target', observed: 3.1, threshold: 3 }
    expect(failed(evidence({ evaluation: { ...evaluation, canaries: [dead, invariance!] } }))).toEqual(['CANARIES'])
    expect(failed(evidence({ evaluation: { ...evaluation, canaries: [invariance!] } }))).toEqual(['CANARIES'])
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
