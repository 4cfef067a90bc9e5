import { minimise } from './nelder-mead.ts'

/** Variance of the next return: `omega + (alpha + gamma·[r < 0])·r² + beta·variance`; all per bar, in squared returns. */
export interface GjrGarch {
  readonly model: 'gjr-garch'
  readonly omega: number
  readonly alpha: number
  /** What a falling price adds to `alpha`; may be negative, `alpha + gamma` is not. */
  readonly gamma: number
  readonly beta: number
}

/** The RiskMetrics recursion, `(1 - lambda)·r² + lambda·variance`, used where GJR-GARCH could not be estimated, and why it could not. */
export interface Ewma {
  readonly model: 'ewma'
  readonly lambda: number
  readonly because: 'TOO_FEW_RETURNS' | 'NO_VARIATION' | 'DID_NOT_CONVERGE'
}

export type VolatilityModel = GjrGarch | Ewma

/** Daily decay of J.P. Morgan/Reuters, "RiskMetrics – Technical Document", 4th ed. (1996). */
export const RISKMETRICS_DECAY = 0.94

/** Below this many returns four parameters are not estimated. */
export const FEWEST_FOR_GARCH = 250

/** A persistence of 1 would have no long-run variance to start from. */
const MOST_PERSISTENT = 0.9995

/** The first variance of a window is not forgotten at once: the residuals of so many bars are not used. */
export const WARM_UP = 50

const logistic = (x: number) => 1 / (1 + Math.exp(-x))
const logit = (p: number) => Math.log(p / (1 - p))

/** Mean of the squares: returns are taken to have no mean over a bar. */
export function meanSquare(returns: Float64Array): number {
  let sum = 0
  for (const r of returns) sum += r * r
  return sum / returns.length
}

/**
 * Free numbers → parameters that are positive and stationary: the persistence `alpha + gamma/2 + beta`, the part of it that is the shocks',
 * the part of that which is the falls', and the long-run variance relative to the sample's.
 */
function modelAt([persistence, shocks, falls, level]: readonly number[], variance: number): GjrGarch {
  const total = MOST_PERSISTENT * logistic(persistence!)
  const shock = total * logistic(shocks!)
  const down = 2 * shock * logistic(falls!)
  const alpha = 2 * shock - down
  return {
    model: 'gjr-garch',
    omega: variance * Math.exp(level!) * (1 - total),
    alpha,
    gamma: down - alpha,
    beta: total - shock,
  }
}

function freeNumbers({ omega, alpha, gamma, beta }: GjrGarch, variance: number): number[] {
  const inside = (p: number) => logit(Math.min(Math.max(p, 1e-4), 1 - 1e-4))
  const shock = alpha + gamma / 2
  const total = shock + beta
  return [
    inside(total / MOST_PERSISTENT),
    inside(shock / total),
    inside((alpha + gamma) / (2 * shock)),
    Math.log(omega / (1 - total) / variance),
  ]
}

/** Starting points: calm and persistent with a leverage effect, as equities; livelier and symmetric, as currencies and crypto-assets. */
const STARTS = [
  [4, -2.2, 1, 0],
  [2.5, -1.5, 0, 0],
] as const

/** Mean negative log-likelihood of normal innovations, without its constant. */
function negativeLogLikelihood(returns: Float64Array, { omega, alpha, gamma, beta }: GjrGarch, first: number): number {
  const down = alpha + gamma
  let variance = first
  let sum = 0
  for (const r of returns) {
    const square = r * r
    sum += Math.log(variance) + square / variance
    variance = omega + (r < 0 ? down : alpha) * square + beta * variance
  }
  return sum / returns.length / 2
}

/**
 * GJR-GARCH(1,1) by quasi maximum likelihood: normal innovations are assumed for the estimate only, and it is consistent without them.
 * L. Glosten, R. Jagannathan, D. Runkle, Journal of Finance 48 (1993); T. Bollerslev, J. Wooldridge, Econometric Reviews 11 (1992).
 * @param returns per bar, in order of time, finite
 * @param previous a fit of nearly the same returns: the search begins there
 */
export function fitVolatility(returns: Float64Array, previous?: VolatilityModel): VolatilityModel {
  const fallback = (because: Ewma['because']): Ewma => ({ model: 'ewma', lambda: RISKMETRICS_DECAY, because })
  if (returns.length < FEWEST_FOR_GARCH) return fallback('TOO_FEW_RETURNS')
  const variance = meanSquare(returns)
  if (!hasVariation(returns)) return fallback('NO_VARIATION')
  const target = (at: readonly number[]) => negativeLogLikelihood(returns, modelAt(at, variance), variance)
  const starts = previous?.model === 'gjr-garch' ? [freeNumbers(previous, variance)] : STARTS
  let best = starts.map((start) => minimise(target, start)).reduce((a, b) => (b.value < a.value ? b : a))
  // A simplex that has collapsed on the way calls itself converged: a fresh one from there must find nothing better.
  for (let restart = 0; restart < 3; restart++) {
    const again = minimise(target, best.at)
    const settled = best.value - again.value < 1e-6
    best = again
    if (settled && again.converged) return modelAt(best.at, variance)
  }
  return best.converged ? modelAt(best.at, variance) : fallback('DID_NOT_CONVERGE')
}

/** A price that stands still most of the time has no variance to model. */
function hasVariation(returns: Float64Array): boolean {
  let moving = 0
  for (const r of returns) if (r !== 0) moving++
  return moving > returns.length / 2
}

export interface Filtered {
  /** Of each return: how many standard deviations of its forecast it was. */
  readonly residuals: Float64Array
  /** The standard deviation forecast for the return after the last. */
  readonly next: number
}

/** The variance after a return `r` whose variance was `variance`. */
export function nextVariance(model: VolatilityModel, variance: number, r: number): number {
  const square = r * r
  return model.model === 'ewma'
    ? (1 - model.lambda) * square + model.lambda * variance
    : model.omega + (r < 0 ? model.alpha + model.gamma : model.alpha) * square + model.beta * variance
}

/** Runs the recursion over the returns, from the sample's variance. Zero variance gives zero residuals. */
export function filterReturns(returns: Float64Array, model: VolatilityModel): Filtered {
  let variance = meanSquare(returns)
  const residuals = returns.map((r) => {
    const residual = variance > 0 ? r / Math.sqrt(variance) : 0
    variance = nextVariance(model, variance, r)
    return residual
  })
  return { residuals, next: Math.sqrt(variance) }
}
