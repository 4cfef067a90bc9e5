import { calibrationErrorOf, compare } from './comparison.ts'
import { type Evaluation, lossOf } from './evaluation.ts'
import { pairedForecasts, type ShadowPair } from './shadow-store.ts'

/** What a version's promotion is judged by, in a few figures. */
export function evaluationFigures(evaluation: Evaluation) {
  const { loss, baseline, heldOut, canaries } = evaluation
  const { forecasts, outcomes } = heldOut
  const rivalry = compare({ ...heldOut, loss, rival: heldOut.baseline })
  return {
    loss: loss.kind,
    baseline,
    heldOutRows: forecasts.length,
    meanLoss: rivalry.meanLoss,
    baselineMeanLoss: rivalry.rivalMeanLoss,
    pValue: rivalry.pValue,
    calibrationError: calibrationErrorOf(loss, forecasts, outcomes),
    baselineCalibrationError: calibrationErrorOf(loss, heldOut.baseline, outcomes),
    canaries: canaries.map((canary) => ({ ...canary, passed: canary.observed <= canary.threshold })),
  }
}

/** How a challenger's forecasts turned out beside those of the champions of their time. */
export function shadowFigures(forecasts: number, pairs: readonly ShadowPair[], stepMs: number) {
  const mean = (of: (pair: ShadowPair) => number) =>
    pairs.length === 0 ? null : pairs.reduce((sum, pair) => sum + of(pair), 0) / pairs.length
  const hit = (up: number, outcome: 0 | 1) => (up >= 0.5 === (outcome === 1) ? 1 : 0)
  const logLoss = (up: number, outcome: 0 | 1) => lossOf({ kind: 'LOG_LOSS' }, up, outcome)
  return {
    forecasts,
    count: pairs.length,
    hitRate: mean(({ up, outcome }) => hit(up, outcome)),
    brier: mean(({ up, outcome }) => (up - outcome) ** 2),
    logLoss: mean(({ up, outcome }) => logLoss(up, outcome)),
    championHitRate: mean(({ championUp, outcome }) => hit(championUp, outcome)),
    championBrier: mean(({ championUp, outcome }) => (championUp - outcome) ** 2),
    championLogLoss: mean(({ championUp, outcome }) => logLoss(championUp, outcome)),
    baselineLogLoss: mean(({ baselineUp, outcome }) => logLoss(baselineUp, outcome)),
    pValue: pairs.length === 0 ? null : compare(pairedForecasts(pairs, 'CHAMPION', stepMs)).pValue,
  }
}
