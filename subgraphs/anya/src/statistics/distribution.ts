/** Lanczos coefficients for g = 7, nine terms (P. Godfrey, 2001): relative error below 1e-14 for positive arguments. */
const LANCZOS_FIRST = 0.99999999999980993
const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  const z = x - 1
  const t = z + 7.5
  const sum = LANCZOS.reduce((total, coefficient, index) => total + coefficient / (z + index + 1), LANCZOS_FIRST)
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const TINY = 1e-300
const PRECISION = 1e-15
const MAX_TERMS = 1_000

/** The continued fraction 1/(b0 + a1/(b1 + a2/…)) by Lentz's method (Numerical Recipes, 3rd ed., §5.2). */
function continuedFraction(b0: number, term: (index: number) => readonly [a: number, b: number]): number {
  let c = 1 / TINY
  let d = 1 / (b0 || TINY)
  let value = d
  for (let index = 1; index <= MAX_TERMS; index++) {
    const [a, b] = term(index)
    d = 1 / (a * d + b || TINY)
    c = b + a / c || TINY
    value *= c * d
    if (Math.abs(c * d - 1) < PRECISION) break
  }
  return value
}

/** The regularised upper incomplete gamma function Q(a, x), a > 0, x ≥ 0 (Numerical Recipes, 3rd ed., §6.2). */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x >= a + 1) return scale * continuedFraction(x + 1 - a, (i) => [-i * (i - a), x + 1 - a + 2 * i])
  let term = 1 / a
  let sum = term
  for (let n = a + 1; term > sum * PRECISION; n++) {
    term *= x / n
    sum += term
  }
  return 1 - scale * sum
}

/** The regularised incomplete beta function I_x(a, b), 0 ≤ x ≤ 1 (Numerical Recipes, 3rd ed., §6.4). */
export function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, 1 - x)
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const even = (m: number) => (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
  const odd = (m: number) => (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
  return scale * continuedFraction(1, (i) => [i % 2 === 0 ? even(i / 2) : odd((i - 1) / 2), 1])
}

export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/** P(Z ≤ x) of the standard normal distribution, by the incomplete gamma function: exact in both tails. */
export function normalCdf(x: number): number {
  const tail = 0.5 * upperGamma(0.5, 0.5 * x * x)
  return x < 0 ? tail : 1 - tail
}

const CENTRE = [
  [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239],
  [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1],
] as const
const TAIL = [
  [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ],
  [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1],
] as const
const polynomial = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, c) => sum * x + c, 0)

/**
 * The x with P(Z ≤ x) = p: P. Acklam's rational approximation (relative error 1.2e-9), then one step of Halley's method.
 * @returns ±Infinity at p = 0 and 1, NaN outside.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  const q = p < 0.02425 ? Math.sqrt(-2 * Math.log(p)) : p - 0.5
  const start =
    p < 0.02425
      ? polynomial(TAIL[0], q) / polynomial(TAIL[1], q)
      : (polynomial(CENTRE[0], q * q) * q) / polynomial(CENTRE[1], q * q)
  const error = (normalCdf(start) - p) / normalDensity(start)
  return start - error / (1 + 0.5 * start * error)
}

/** P(X > x) of the chi-square distribution. */
export const chiSquareSurvival = (x: number, degrees: number): number => upperGamma(degrees / 2, Math.max(x, 0) / 2)

/** P(T ≤ x) of Student's t distribution. */
export function studentCdf(x: number, degrees: number): number {
  const tail = 0.5 * incompleteBeta(degrees / 2, 0.5, degrees / (degrees + x * x))
  return x < 0 ? tail : 1 - tail
}

/** P(X ≤ successes) of the binomial distribution. */
export function binomialCdf(successes: number, trials: number, probability: number): number {
  if (successes < 0) return 0
  if (successes >= trials) return 1
  return incompleteBeta(trials - successes, successes + 1, 1 - probability)
}
