import { binomialCdf, chiSquareSurvival } from './distribution.ts'

export interface LikelihoodRatio {
  readonly statistic: number
  /** Asymptotic: chi-square with the test's degrees of freedom. */
  readonly p: number
}

/** k·ln q, with 0·ln 0 = 0. */
const logPower = (count: number, probability: number) => (count === 0 ? 0 : count * Math.log(probability))

/** The likelihood of `hits` in `hits + misses` draws. */
const logLikelihood = (misses: number, hits: number, probability: number) =>
  logPower(misses, 1 - probability) + logPower(hits, probability)

const ratio = (restricted: number, free: number, degrees: number): LikelihoodRatio => {
  const statistic = Math.max(0, 2 * (free - restricted))
  return { statistic, p: chiSquareSurvival(statistic, degrees) }
}

/**
 * Is the share of violations what was promised? The proportion of failures test, χ²(1): P. Kupiec, "Techniques for Verifying
 * the Accuracy of Risk Measurement Models", Journal of Derivatives 3 (1995).
 */
export function kupiec(violations: number, days: number, level: number): LikelihoodRatio {
  const misses = days - violations
  return ratio(logLikelihood(misses, violations, level), logLikelihood(misses, violations, violations / days), 1)
}

/** How often each of the four successions occurred: `from` no violation or one, `to` no violation or one. */
function transitions(hits: ArrayLike<number>) {
  const counts = { calm: { calm: 0, hit: 0 }, hit: { calm: 0, hit: 0 } }
  for (let day = 1; day < hits.length; day++) counts[hits[day - 1] ? 'hit' : 'calm'][hits[day] ? 'hit' : 'calm']++
  return counts
}

/**
 * Do violations follow violations? `independence`, χ²(1), is against a first-order Markov chain; `conditional`, χ²(2), adds Kupiec's
 * statistic: coverage that is right on average and on the day. P. Christoffersen, "Evaluating Interval Forecasts", International
 * Economic Review 39 (1998).
 * @param hits one entry a day, 1 where the loss exceeded the forecast, else 0
 */
export function christoffersen(hits: ArrayLike<number>, level: number) {
  const { calm, hit } = transitions(hits)
  const [afterCalm, afterHit] = [calm.calm + calm.hit, hit.calm + hit.hit]
  const pooled = (calm.hit + hit.hit) / (afterCalm + afterHit)
  const free =
    logLikelihood(calm.calm, calm.hit, calm.hit / afterCalm) + logLikelihood(hit.calm, hit.hit, hit.hit / afterHit)
  const independence = ratio(logLikelihood(calm.calm + hit.calm, calm.hit + hit.hit, pooled), free, 1)
  const statistic = independence.statistic + kupiec(sumOf(hits), hits.length, level).statistic
  return { independence, conditional: { statistic, p: chiSquareSurvival(statistic, 2) } }
}

export type Zone = 'green' | 'yellow' | 'red'

/** The cumulative probabilities at which a right model's zones begin. */
const YELLOW = 0.95
const RED = 0.9999

/**
 * The traffic light: yellow from the count at which a right model has at most so many with 95 % probability, red from 99.99 %. At 1 % and
 * 250 days that is 5 and 10. Basel Committee, "Supervisory framework for the use of 'backtesting'" (January 1996).
 */
export function trafficLight(violations: number, days: number, level: number): Zone {
  const atMost = binomialCdf(violations, days, level)
  return atMost >= RED ? 'red' : atMost >= YELLOW ? 'yellow' : 'green'
}

/** A supervisor's year of trading days. */
export const LIGHT_DAYS = 250

/** The light over the newest 250 days, over all of them, and how many of all spans of 250 days stood in each zone. */
export function trafficLights(hits: ArrayLike<number>, level: number) {
  const spans = { green: 0, yellow: 0, red: 0 }
  let inSpan = 0
  for (let day = 0; day < hits.length; day++) {
    inSpan += (hits[day] ?? 0) - (day >= LIGHT_DAYS ? (hits[day - LIGHT_DAYS] ?? 0) : 0)
    if (day >= LIGHT_DAYS - 1) spans[trafficLight(inSpan, LIGHT_DAYS, level)]++
  }
  return {
    newest: trafficLight(inSpan, Math.min(LIGHT_DAYS, hits.length), level),
    overall: trafficLight(sumOf(hits), hits.length, level),
    spans,
  }
}

function sumOf(hits: ArrayLike<number>): number {
  let sum = 0
  for (let day = 0; day < hits.length; day++) sum += hits[day] ?? 0
  return sum
}
