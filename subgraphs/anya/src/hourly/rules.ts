import { createHash } from 'node:crypto'
import type { BarFeatureTable, Bars } from '../bar-features/index.ts'
import { targetOf } from '../evaluation/return-models.ts'
import { sessionsOf } from '../evaluation/sessions.ts'
import { HORIZON, LONGEST_MEMORY, MEMORIES, type VarianceProblem } from '../evaluation/variance-models.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import { HORIZONS, QUANTILE_LEVELS } from '../prediction/index.ts'
import type { Manifest } from '../registry/index.ts'
import { solvePositiveDefinite } from '../statistics/linear-algebra.ts'
import { mean } from '../statistics/mean.ts'
import { FIRST_MEMORY, type HourlyLine, RETURN_LINE } from './lines.ts'

/** The baselines of both lines, in numbers. */
export interface HourlyRules {
  /** The files that the numbers come from. */
  readonly trainedOn: Manifest['trainedOn']
  /** What the return's rule gives for every row: the random walk with the distribution that returns had, in units of volatility. */
  readonly returns: readonly number[]
  /**
   * `level` + Σ weight × (logarithm of the variance of each of MEMORIES − its mean); the weights add up to one. Without the means the
   * same, but a forecast is explained by what differs from them.
   */
  readonly variance: {
    readonly weights: readonly number[]
    readonly means: readonly number[]
    readonly level: number
  }
}

/** A market's bars with what is computed of them. */
export interface BarHistoryRows {
  readonly bars: Bars
  readonly table: BarFeatureTable
  readonly problem: VarianceProblem
}

/** Fits both rules on all bars but those whose outcome is not known. */
export function fitRules(history: BarHistoryRows, trainedOn: Manifest['trainedOn']): HourlyRules {
  return { trainedOn, returns: returnRule(history), variance: varianceRule(history) }
}

/** Nothing is expected; the quantiles and the share of rises are those of the past, closing hours aside. */
function returnRule({ bars, table }: BarHistoryRows): number[] {
  const { target } = targetOf(bars, table)
  const { isClosing } = sessionsOf(bars.time)
  const known = target.filter((value, row) => !Number.isNaN(value) && !isClosing(row)).sort()
  const quantiles = QUANTILE_LEVELS.map((level) => known[Math.floor(level * (known.length - 1))]!)
  return [0, ...quantiles, known.filter((value) => value > 0).length / known.length].map(Math.fround)
}

/**
 * HAR (Corsi 2009) of logarithms whose weights add up to one: twice the past variances make twice the forecast, so that a rule that was
 * fitted on one market holds for calm and wild ones. Least squares, then scaled so that QLIKE is least.
 */
function varianceRule({ bars, problem }: BarHistoryRows): HourlyRules['variance'] {
  const { realised, memories } = problem
  const memory = (row: number, k: number) => memories.values[row * memories.width + k]!
  const longest = MEMORIES.length - 1
  // Shorter memories as they differ from the longest, and a constant.
  const inputs = (row: number) =>
    [...MEMORIES.keys()].map((k) => (k === longest ? 1 : memory(row, k) - memory(row, longest)))
  const rows = Array.from({ length: Math.max(0, bars.size - HORIZON - LONGEST_MEMORY) }, (_, i) => LONGEST_MEMORY + i)
  const known = rows.filter((row) => inputs(row).every(Number.isFinite))
  const size = MEMORIES.length
  const [matrix, vector] = [new Float64Array(size * size), new Float64Array(size)]
  for (const row of known) {
    const x = inputs(row)
    const y = Math.log(realised[row]!) - memory(row, longest)
    for (let a = 0; a < size; a++) {
      vector[a]! += x[a]! * y
      for (let b = 0; b < size; b++) matrix[a * size + b]! += x[a]! * x[b]!
    }
  }
  const solution = solvePositiveDefinite(matrix, vector)
  const shorter = [...solution.subarray(0, longest)]
  const weights = [...shorter, 1 - shorter.reduce((sum, weight) => sum + weight, 0)].map(Math.fround)
  const forecast = (row: number) =>
    weights.reduce((sum, weight, k) => sum + weight * memory(row, k), solution[longest]!)
  const ratio = known.reduce((sum, row) => sum + realised[row]! / Math.exp(forecast(row)), 0) / known.length
  const means = weights.map((_, k) => Math.fround(mean(known.map((row) => memory(row, k)))))
  const centre = weights.reduce((sum, weight, k) => sum + weight * means[k]!, 0)
  return { weights, means, level: Math.fround(solution[longest]! + Math.log(ratio) + centre) }
}

/** What the line's rule says of a row: the same as its file does. */
export function ruleAnswer({ returns, variance }: HourlyRules, line: HourlyLine, row: Float32Array): readonly number[] {
  if (line === RETURN_LINE) return returns
  const { weights, means, level } = variance
  return [weights.reduce((sum, weight, k) => sum + weight * (row[FIRST_MEMORY + k]! - means[k]!), level)]
}

/** The rule as a version of the line: a file that takes the same rows, so that it serves where no model may. */
export function ruleFile(
  rules: HourlyRules,
  line: HourlyLine,
): { readonly onnx: Uint8Array<ArrayBuffer>; readonly manifest: Manifest } {
  const { nodes, constants, parameters, candidate } = line === RETURN_LINE ? walkGraph(rules) : harGraph(rules)
  const onnx = Uint8Array.from(
    writeOnnx({
      name: `${line.modelName}-rule`,
      width: line.features.length,
      outputs: line.outputs.length,
      nodes,
      constants,
      metadata: { feature_hash: line.featureHash, rule: candidate, outputs: line.outputs.join() },
    }),
  )
  const baseline =
    line === RETURN_LINE ? { feature: 'return_1', coefficient: 0 } : { feature: 'log_variance_6', coefficient: 1 }
  return {
    onnx,
    manifest: {
      name: line.modelName,
      kind: 'RULE',
      sha256: createHash('sha256').update(onnx).digest('hex'),
      featureHash: line.featureHash,
      features: [...line.features],
      horizonMs: HORIZONS[line.horizon],
      trainedOn: rules.trainedOn,
      seed: 0,
      recipe: { candidate, parameters },
      baseline,
      metrics: {},
    },
  }
}

const node = (operator: string, inputs: string[], output: string): OnnxNode => ({ operator, inputs, outputs: [output] })
const index = (name: string, value: number) => ({ name, shape: [1], values: BigInt64Array.of(BigInt(value)) })
const floats = (name: string, shape: number[], values: readonly number[]) => ({
  name,
  shape,
  values: Float32Array.from(values),
})

/** Says the same of every row: nothing of the first feature is used, which may be missing, but that there is one. */
function walkGraph({ returns }: HourlyRules) {
  const levels = QUANTILE_LEVELS.map((level, k) => [`quantile_${Math.round(level * 100)}`, returns[k + 1]!] as const)
  return {
    candidate: 'random-walk',
    parameters: { ...Object.fromEntries(levels), probability_up: returns.at(-1)! },
    nodes: [
      node('Slice', [INPUT, 'first', 'end', 'columns'], 'any'),
      node('IsNaN', ['any'], 'missing'),
      node('Where', ['missing', 'zero', 'zero'], 'nothing'),
      node('MatMul', ['nothing', 'weights'], 'zeros'),
      node('Add', ['zeros', 'levels'], OUTPUT),
    ],
    constants: [
      index('first', 0),
      index('end', 1),
      index('columns', 1),
      floats('zero', [], [0]),
      floats(
        'weights',
        [1, returns.length],
        returns.map(() => 0),
      ),
      floats('levels', [returns.length], returns),
    ],
  }
}

function harGraph({ variance: { weights, means, level } }: HourlyRules) {
  const named = MEMORIES.map((memory, k) => [`log_variance_${memory}`, weights[k]!] as const)
  return {
    candidate: 'har-free-of-scale',
    parameters: { ...Object.fromEntries(named), level },
    nodes: [
      node('Slice', [INPUT, 'first', 'end', 'columns'], 'memories'),
      node('Sub', ['memories', 'means'], 'centred'),
      node('MatMul', ['centred', 'weights'], 'sum'),
      node('Add', ['sum', 'level'], OUTPUT),
    ],
    constants: [
      index('first', FIRST_MEMORY),
      index('end', FIRST_MEMORY + weights.length),
      index('columns', 1),
      floats('means', [means.length], means),
      floats('weights', [weights.length, 1], weights),
      floats('level', [1], [level]),
    ],
  }
}
