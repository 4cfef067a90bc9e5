import { DRIFT_ALARM, stabilityIndex } from '../statistics/psi.ts'
import { calibrationErrorOf, compare, type PairedForecasts, rankingOf, statisticsOfStretches } from './comparison.ts'
import type { Evaluation } from './evaluation.ts'
import type { GateCheck } from './history.ts'
import { MAX_P99_MS, type Probe } from './probe.ts'

/** Beaten only by chance is not beaten. */
const MAX_P_VALUE = 0.05
/** Held-out rows, or live forecasts beside the champion's, from which on a comparison says something. */
const MIN_ROWS = 300
/** The time line is looked at in this many parts, in none of which the model may lose clearly. */
const STRETCHES = 5
const CLEARLY = 2
const CALIBRATION_TOLERANCE = 0.01
/** float32 carries seven digits; what differs by more computes something else. */
const MAX_DIFFERENCE = 1e-5
/** Live rows from which on their distribution is looked at. */
const MIN_LIVE_ROWS = 500
/** No training shows without these that it did not look ahead; none sets itself a wider threshold. */
const REQUIRED_CANARIES: ReadonlyMap<string, number> = new Map([
  ['shuffled-target', 3],
  ['prefix-invariance', 0],
  ['planted-future', 0],
])

/** Rows of features as they were served, by feature. */
export type LiveFeatures = ReadonlyMap<string, ArrayLike<number>>

export interface GateEvidence {
  readonly kind: 'MODEL' | 'RULE'
  readonly evaluation: Evaluation | null
  /** Why it cannot be fed with what the platform computes; null where it can, or where nothing is served of its line. */
  readonly misfit: string | null
  /** Null where nothing serves, or the version itself. */
  readonly champion: { readonly kind: 'MODEL' | 'RULE'; readonly evaluation: Evaluation | null } | null
  /** Live, out of sample, with their outcomes: beside the champion's, and beside the baseline's. */
  readonly shadow: { readonly againstChampion: PairedForecasts; readonly againstBaseline: PairedForecasts } | null
  readonly probe: Probe
  /** By how much an uploaded file differed from its trainer's sample when it was let in; null where it was not uploaded. */
  readonly differenceAtUpload: number | null
  readonly live: LiveFeatures
}

/** Looks at everything, also where the first thing fails: whoever is refused hears all reasons at once. */
export function judge(evidence: GateEvidence): GateCheck[] {
  return checksOf(evidence).map((check) => ({
    ...check,
    threshold: finite(check.threshold),
    observed: finite(check.observed),
  }))
}

function checksOf(evidence: GateEvidence): GateCheck[] {
  const serving = [checkFeatures(evidence), ...checkProbe(evidence)]
  // A baseline needs not beat itself: that it may always serve is what it is for.
  if (evidence.kind === 'RULE') return serving
  const pairs = againstBaseline(evidence)
  if (!pairs) return [tooLittle(evidence), ...serving]
  return [
    ...checkBaseline(pairs),
    ...checkChampion(evidence),
    checkCalibration(pairs),
    checkCanaries(evidence),
    checkDrift(evidence),
    ...serving,
  ]
}

function againstBaseline({ evaluation, shadow }: GateEvidence): PairedForecasts | null {
  if (evaluation && evaluation.heldOut.times.length >= MIN_ROWS) {
    return { ...evaluation.heldOut, loss: evaluation.loss, rival: evaluation.heldOut.baseline }
  }
  return shadow && shadow.againstBaseline.times.length >= MIN_ROWS ? shadow.againstBaseline : null
}

function tooLittle({ evaluation, shadow }: GateEvidence): GateCheck {
  const [heldOut, live] = [evaluation?.heldOut.times.length ?? 0, shadow?.againstBaseline.times.length ?? 0]
  const rows = Math.max(heldOut, live)
  const missing = `${live} live forecasts as challenger have an outcome that counts, ${MIN_ROWS - live} are missing`
  const detail = evaluation ? `${heldOut} of ${MIN_ROWS} held-out rows; or else: ${missing}.` : `${missing}.`
  return { name: 'EVALUATION', threshold: MIN_ROWS, observed: rows, passed: false, detail }
}

function checkFeatures({ misfit }: GateEvidence): GateCheck {
  const detail = misfit ?? 'It takes the features that are computed.'
  return { name: 'FEATURES', threshold: null, observed: null, passed: misfit === null, detail }
}

function checkBaseline(pairs: PairedForecasts): GateCheck[] {
  const rivalry = compare(pairs)
  const beats: GateCheck = {
    name: 'BEATS_BASELINE',
    threshold: MAX_P_VALUE,
    observed: rivalry.pValue,
    passed: rivalry.pValue !== null && rivalry.pValue < MAX_P_VALUE,
    detail: `p of Diebold–Mariano over ${rivalry.steps} times; mean loss ${shown(rivalry.meanLoss)}, the baseline's ${shown(rivalry.rivalMeanLoss)}.`,
  }
  const worst = Math.max(...statisticsOfStretches(pairs, STRETCHES), Number.NEGATIVE_INFINITY)
  const steady: GateCheck = {
    name: 'STEADY',
    threshold: CLEARLY,
    observed: Number.isFinite(worst) ? worst : null,
    passed: worst <= CLEARLY,
    detail: `The worst of ${STRETCHES} stretches of time, in standard errors; above 0 the baseline is better.`,
  }
  return [beats, ...checkRanking(pairs), steady]
}

function checkRanking({ loss, forecasts, rival, outcomes }: PairedForecasts): GateCheck[] {
  if (loss.kind !== 'LOG_LOSS') return []
  const [observed, threshold] = [rankingOf(forecasts, outcomes), rankingOf(rival, outcomes)]
  const passed = observed !== null && threshold !== null && observed > threshold
  return [
    { name: 'RANKS_BETTER', threshold, observed, passed, detail: "Area under the ROC curve, above the baseline's." },
  ]
}

function checkChampion({ evaluation, champion, shadow }: GateEvidence): GateCheck[] {
  const live = shadow?.againstChampion ?? null
  const liveRows = live?.times.length ?? 0
  const shadowCheck = checkShadow(live !== null && liveRows >= MIN_ROWS ? live : null, liveRows)
  if (!champion || champion.kind === 'RULE') return [shadowCheck]
  const pairs = pairedRows(evaluation, champion.evaluation) ?? (liveRows >= MIN_ROWS ? live : null)
  const rivalry = pairs && compare(pairs)
  const observed = rivalry?.pValue ?? null
  const detail = rivalry
    ? `p of Diebold–Mariano over ${rivalry.steps} times; mean loss ${shown(rivalry.meanLoss)}, the champion's ${shown(rivalry.rivalMeanLoss)}.`
    : `Judged on other rows than the champion, and ${liveRows} of ${MIN_ROWS} live forecasts beside it: let it be challenger first.`
  const passed = observed !== null && observed < MAX_P_VALUE
  return [{ name: 'BEATS_CHAMPION', threshold: MAX_P_VALUE, observed, passed, detail }, shadowCheck]
}

/** The held-out rows of both, where they are the same. */
function pairedRows(evaluation: Evaluation | null, champion: Evaluation | null): PairedForecasts | null {
  if (!evaluation || !champion || evaluation.heldOut.sha256 !== champion.heldOut.sha256) return null
  if (evaluation.heldOut.times.length !== champion.heldOut.times.length) return null
  return { ...evaluation.heldOut, loss: evaluation.loss, rival: champion.heldOut.forecasts }
}

function checkShadow(live: PairedForecasts | null, rows: number): GateCheck {
  if (!live) {
    const detail = `${rows} of ${MIN_ROWS} live forecasts beside the champion: not judged.`
    return { name: 'SHADOW', threshold: CLEARLY, observed: null, passed: true, detail }
  }
  const { statistic, steps } = compare(live)
  const detail = `Live beside the champion over ${steps} times, in standard errors; above 0 the champion is better.`
  return {
    name: 'SHADOW',
    threshold: CLEARLY,
    observed: statistic,
    passed: statistic === null || statistic <= CLEARLY,
    detail,
  }
}

function checkCalibration({ loss, forecasts, rival, outcomes }: PairedForecasts): GateCheck {
  const observed = calibrationErrorOf(loss, forecasts, outcomes)
  const threshold = calibrationErrorOf(loss, rival, outcomes) + CALIBRATION_TOLERANCE
  const detail = `Calibration error; the baseline's plus ${CALIBRATION_TOLERANCE}.`
  return { name: 'CALIBRATION', threshold, observed, passed: observed <= threshold, detail }
}

function checkCanaries({ evaluation }: GateEvidence): GateCheck {
  const name = 'CANARIES'
  // What was judged by live forecasts alone could not have seen what came.
  if (!evaluation) {
    return { name, threshold: null, observed: null, passed: true, detail: 'Judged live: what came could not be seen.' }
  }
  const names = new Set(evaluation.canaries.map((canary) => canary.name))
  const missing = [...REQUIRED_CANARIES.keys()].filter((required) => !names.has(required))
  const dead = evaluation.canaries.filter((canary) => !isAlive(canary)).map((canary) => canary.name)
  const said = [...missing.map((each) => `${each} is missing`), ...dead.map((each) => `${each} shows a leak`)]
  const detail = said.length === 0 ? `${evaluation.canaries.length} of them found no leak.` : `${said.join(', ')}.`
  return { name, threshold: 0, observed: said.length, passed: said.length === 0, detail }
}

function isAlive({ name, observed, threshold }: Evaluation['canaries'][number]): boolean {
  return observed <= Math.min(threshold, REQUIRED_CANARIES.get(name) ?? threshold)
}

function checkDrift({ evaluation, live }: GateEvidence): GateCheck {
  const indexes = (evaluation?.reference ?? []).flatMap(({ feature, edges, counts }) => {
    const values = live.get(feature)
    return values && values.length >= MIN_LIVE_ROWS
      ? [{ feature, index: stabilityIndex({ edges, counts }, values) }]
      : []
  })
  const worst = indexes.reduce<(typeof indexes)[number] | null>(
    (most, each) => (most && most.index >= each.index ? most : each),
    null,
  )
  const detail = worst
    ? `Population stability index of ${worst.feature}, the most of ${indexes.length} features.`
    : `Too few live rows, or no distribution to hold them against: not judged.`
  return {
    name: 'DRIFT',
    threshold: DRIFT_ALARM,
    observed: worst?.index ?? null,
    passed: worst === null || worst.index < DRIFT_ALARM,
    detail,
  }
}

function checkProbe({ probe, kind, differenceAtUpload }: GateEvidence): GateCheck[] {
  if (probe.kind === 'UNUSABLE') {
    const failed = { observed: null, passed: false, detail: probe.message }
    return [
      { name: 'PARITY', threshold: MAX_DIFFERENCE, ...failed },
      { name: 'LATENCY', threshold: MAX_P99_MS, ...failed },
    ]
  }
  const { rows, p99Ms } = probe
  const difference = probe.maxDifference ?? differenceAtUpload
  const parity: GateCheck = {
    name: 'PARITY',
    threshold: MAX_DIFFERENCE,
    observed: difference,
    // A rule is written down, not trained: there is no other to compare it with.
    passed: difference === null ? kind === 'RULE' : difference <= MAX_DIFFERENCE,
    detail: paritySaid(probe.maxDifference, rows, differenceAtUpload),
  }
  const detail =
    '99th percentile of one row through the worker thread, in milliseconds; of each row the best of up to ten tries.'
  return [parity, { name: 'LATENCY', threshold: MAX_P99_MS, observed: p99Ms, passed: p99Ms <= MAX_P99_MS, detail }]
}

function paritySaid(difference: number | null, rows: number, atUpload: number | null): string {
  if (difference !== null) return `From the trainer's own answers on ${rows} rows.`
  return atUpload === null ? 'There is no sample to run.' : "From the trainer's own answers, when it was uploaded."
}

const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value : null)
const shown = (value: number) => value.toPrecision(5)
