import { z } from 'zod'
import { studentCdf } from '../statistics/distribution.ts'

/** Losses of shorter horizons are averaged over a minute, so that one mean hardly depends on the next. */
const MIN_BLOCK_MS = 60_000
/** Means that lie so near are taken to depend on each other. */
const LAGS = 2
/** Less than this is what float32 makes of equal probabilities. */
const ROUNDING = 1e-6
/** Fewer means say nothing. */
export const MIN_BLOCKS = 20

const means = z
  .array(z.number())
  .max(LAGS)
  .default(() => [])

/** Differences of two forecasters' losses, block of time by block of time, as sums that the test can be computed from. */
export const rivalrySchema = z.object({
  /** Number of the block that is being filled. */
  block: z.number().int().nullable().default(null),
  /** Losses in it, and the sum of their differences. */
  count: z.number().default(0),
  sum: z.number().default(0),
  /** Blocks that are full, Σ d, Σ d², and Σ d(k)·d(k − lag) for lags 1 and 2. */
  blocks: z.number().default(0),
  d: z.number().default(0),
  dd: z.number().default(0),
  products: z
    .array(z.number())
    .length(LAGS)
    .default(() => Array.from({ length: LAGS }, () => 0)),
  /** The first and the newest means, oldest first. */
  first: means,
  last: means,
})

export type Rivalry = z.infer<typeof rivalrySchema>

/**
 * @param losses of the forecast and of the baseline.
 * @param time of the forecast, in milliseconds. One that is older than the block that is being filled counts in it.
 */
export function addLosses(
  sums: Rivalry,
  [own, baseline]: readonly [number, number],
  time: number,
  horizonMs: number,
): Rivalry {
  const block = Math.floor(time / Math.max(horizonMs, MIN_BLOCK_MS))
  const { block: current, ...rest } = sums.block !== null && block > sums.block ? closed(sums) : sums
  const difference = own - baseline
  return {
    ...rest,
    block: Math.max(current ?? block, block),
    count: rest.count + 1,
    sum: rest.sum + (Math.abs(difference) < ROUNDING ? 0 : difference),
  }
}

function closed(sums: Rivalry): Rivalry {
  const mean = sums.sum / sums.count
  return {
    block: sums.block,
    count: 0,
    sum: 0,
    blocks: sums.blocks + 1,
    d: sums.d + mean,
    dd: sums.dd + mean * mean,
    products: sums.products.map((product, i) => product + mean * (sums.last.at(-1 - i) ?? 0)),
    first: sums.first.length < LAGS ? [...sums.first, mean] : sums.first,
    last: [...sums.last, mean].slice(-LAGS),
  }
}

export interface RivalryTest {
  /** Blocks of time whose mean losses are compared. */
  readonly blocks: number
  /** Mean loss of the forecast less the baseline's: negative where the forecast is better. */
  readonly meanDifference: number
  readonly statistic: number
  /** One-sided, against the forecast being no better. */
  readonly pValue: number
}

/** Whether there is a test, and if not, why. */
export interface RivalryStatus {
  readonly state: 'COMPARED' | 'TOO_FEW_BLOCKS' | 'SAME'
  readonly blocks: number
  readonly neededBlocks: number
}

export function comparabilityOf({ blocks, dd }: Rivalry): RivalryStatus {
  const state = blocks > 0 && dd === 0 ? 'SAME' : blocks < MIN_BLOCKS ? 'TOO_FEW_BLOCKS' : 'COMPARED'
  return { state, blocks, neededBlocks: MIN_BLOCKS }
}

/**
 * Diebold and Mariano's test on means of blocks of time that are at least as long as the horizon, with Newey and West's variance over two
 * lags and the small-sample correction of Harvey, Leybourne and Newbold, as in `statistics/diebold-mariano.ts`, but from sums.
 * @returns null below 20 blocks.
 */
export function testOf({ blocks: n, d, dd, products, first, last }: Rivalry): RivalryTest | null {
  if (n < MIN_BLOCKS) return null
  const mean = d / n
  const covariance = (lag: number) => {
    const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
    const later = d - sumOf(first.slice(0, lag))
    const earlier = d - sumOf(last.slice(-lag))
    return (products[lag - 1]! - mean * (later + earlier) + (n - lag) * mean * mean) / n
  }
  const weighted = Array.from({ length: LAGS }, (_, i) => 2 * (1 - (i + 1) / (LAGS + 1)) * covariance(i + 1))
  const variance = dd / n - mean * mean + weighted.reduce((sum, value) => sum + value, 0)
  if (variance <= 0) return { blocks: n, meanDifference: mean, statistic: 0, pValue: 0.5 }
  const statistic = (mean / Math.sqrt(variance / n)) * Math.sqrt((n - 1) / n)
  return { blocks: n, meanDifference: mean, statistic, pValue: studentCdf(statistic, n - 1) }
}
