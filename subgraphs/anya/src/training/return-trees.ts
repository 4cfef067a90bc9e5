import { pickLabels, pickRows } from '../evaluation/bar-rows.ts'
import { fitCurve, type ProbabilityCurve, probabilityOf } from '../evaluation/calibration.ts'
import { type ReturnProblem, TREES } from '../evaluation/return-models.ts'
import type { BarFold } from '../evaluation/walk-forward.ts'
import {
  type BoostedModel,
  type BoostingOptions,
  fitTrees,
  forestNode,
  type Matrix,
  predictTrees,
} from '../learners/boosted-trees/index.ts'
import { type Correlation, pearson } from '../statistics/correlation.ts'
import { type OnnxNode, OUTPUT, writeOnnx } from './onnx.ts'
import { type Breathe, type Parameters, parameter } from './recipe.ts'

/** Of the return in units of current volatility. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const
export const quantileName = (level: number) => `quantile_${Math.round(level * 100)}`
const unconditionalName = (level: number) => `unconditional_${quantileName(level)}`
export const MEAN = 'mean'
export const RISE = 'probability_up'
/** What the file gives for each row, in order. */
export const RETURN_OUTPUTS: readonly string[] = [MEAN, ...QUANTILES.map(quantileName), RISE]

export interface ReturnModel {
  readonly means: readonly BoostedModel[]
  /** One a level. */
  readonly quantiles: readonly BoostedModel[]
  readonly rise: ProbabilityCurve
  /** The quantiles of the training rows' outcomes, whatever is known: as columns of so many rows. */
  unconditional(rows: number): Record<string, Float64Array>
}

/** Fits the mean by several seeds, each quantile by its own loss, and the probability of a rise on the validation rows. */
export async function fitReturns(
  { rows, target }: ReturnProblem,
  { train, validation }: BarFold,
  { parameters, seed }: { parameters: Parameters; seed: number },
  breathe: Breathe,
): Promise<ReturnModel> {
  const labelled = (part: Int32Array) => ({ ...pickRows(rows, part), labels: pickLabels(target, part) })
  const [known, judged] = [labelled(train), labelled(validation)]
  const options = optionsOf(parameters)
  const count = parameter(parameters, 'models')
  const fit = async (change: Pick<BoostingOptions, 'objective' | 'seed'> & Partial<BoostingOptions>, done: number) => {
    const model = fitTrees(known, { ...options, ...change }, judged)
    await breathe(done / (count + QUANTILES.length))
    return model
  }
  const means: BoostedModel[] = []
  for (let i = 0; i < count; i++) means.push(await fit({ objective: { kind: 'SQUARED' }, seed: seed + i }, i + 1))
  const quantiles: BoostedModel[] = []
  const learningRate = parameter(parameters, 'quantileLearningRate')
  for (const [i, level] of QUANTILES.entries())
    quantiles.push(await fit({ objective: { kind: 'QUANTILE', level }, seed, learningRate }, count + i + 1))
  const rises = Uint8Array.from(validation, (row) => (target[row]! > 0 ? 1 : 0))
  const sorted = known.labels.slice().sort()
  return {
    means,
    quantiles,
    rise: fitCurve(meanForecast(means, judged), rises),
    unconditional: (size) =>
      Object.fromEntries(
        QUANTILES.map((level) => [
          unconditionalName(level),
          new Float64Array(size).fill(sorted[Math.floor(level * (sorted.length - 1))]!),
        ]),
      ),
  }
}

function optionsOf(parameters: Parameters): Omit<BoostingOptions, 'seed'> {
  const of = (name: string) => parameter(parameters, name)
  return {
    ...TREES,
    rounds: of('rounds'),
    leaves: of('leaves'),
    depth: of('depth'),
    minHessian: of('leafRows'),
    learningRate: of('learningRate'),
    penalty: of('penalty'),
  }
}

function meanForecast(models: readonly BoostedModel[], rows: Matrix): Float64Array {
  const each = models.map((model) => predictTrees(model, rows))
  return each[0]!.map((_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / each.length)
}

/** Between the expected return of one model and what came, over the test of a fold. */
export function meanCorrelation(
  { rows, target }: ReturnProblem,
  { train, validation, test }: BarFold,
  parameters: Parameters,
  seed: number,
): Correlation {
  const labelled = (part: Int32Array) => ({ ...pickRows(rows, part), labels: pickLabels(target, part) })
  const options = { ...optionsOf(parameters), objective: { kind: 'SQUARED' as const }, seed }
  const model = fitTrees(labelled(train), options, labelled(validation))
  return pearson(predictTrees(model, pickRows(rows, test)), pickLabels(target, test))
}

/** @returns a column for each of RETURN_OUTPUTS. Quantiles that cross are put in order (Chernozhukov et al. 2010). */
export function predictReturns(model: ReturnModel, table: Matrix, part: Int32Array): Record<string, Float64Array> {
  const rows = pickRows(table, part)
  const means = meanForecast(model.means, rows)
  const levels = model.quantiles.map((quantile) => predictTrees(quantile, rows))
  const columns = levels.map((values) => new Float64Array(values.length))
  for (let i = 0; i < part.length; i++) {
    const inOrder = levels.map((values) => values[i]!).sort((a, b) => a - b)
    columns.forEach((values, k) => {
      values[i] = inOrder[k]!
    })
  }
  return {
    [MEAN]: means,
    ...Object.fromEntries(QUANTILES.map((level, k) => [quantileName(level), columns[k]!])),
    [RISE]: means.map((value) => probabilityOf(model.rise, value)),
  }
}

/** @returns an ONNX file from `features` [rows, width] to RETURN_OUTPUTS [rows, outputs]. */
export function exportReturns(
  { means, quantiles, rise }: ReturnModel,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const share = 1 / means.length
  const trees = [
    ...means.flatMap((model) => model.trees.map((tree) => ({ tree, target: 0, weight: share }))),
    ...quantiles.flatMap((model, k) => model.trees.map((tree) => ({ tree, target: k + 1, weight: 1 }))),
  ]
  const base = Float32Array.of(
    means.reduce((sum, model) => sum + model.base[0]! * share, 0),
    ...quantiles.map((model) => model.base[0]!),
  )
  const ints = (constant: string, ...values: number[]) => ({
    name: constant,
    shape: [values.length],
    values: BigInt64Array.from(values, BigInt),
  })
  const floats = (constant: string, value: number) => ({ name: constant, shape: [1], values: Float32Array.of(value) })
  const node = (operator: string, inputs: string[], output: string, rest: Partial<OnnxNode> = {}): OnnxNode => ({
    operator,
    inputs,
    outputs: [output],
    ...rest,
  })
  const count = QUANTILES.length
  const nodes = [
    forestNode(base, trees, 'scores'),
    node('Slice', ['scores', 'zero', 'one', 'one'], 'mean'),
    node('Slice', ['scores', 'one', 'all', 'one'], 'crossing'),
    node('TopK', ['crossing', 'count'], 'quantiles', {
      outputs: ['quantiles', 'order'],
      attributes: { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } },
    }),
    node('Mul', ['mean', 'slope'], 'product'),
    node('Add', ['product', 'intercept'], 'logit'),
    node('Sigmoid', ['logit'], 'rise'),
    node('Concat', ['mean', 'quantiles', 'rise'], OUTPUT, { attributes: { axis: { int: 1 } } }),
  ]
  const constants = [
    ints('zero', 0),
    ints('one', 1),
    ints('all', count + 1),
    ints('count', count),
    floats('slope', rise.slope),
    floats('intercept', rise.intercept),
  ]
  const width = means[0]!.width
  return Uint8Array.from(writeOnnx({ name, width, outputs: RETURN_OUTPUTS.length, nodes, constants, metadata }))
}
