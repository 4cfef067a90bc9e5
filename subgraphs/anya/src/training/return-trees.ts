import { pickLabels, pickRows } from '../evaluation/bar-rows.ts'
import { fitCurve, type ProbabilityCurve, probabilityOf } from '../evaluation/calibration.ts'
import { blended, type ReturnProblem, RIDGE_PENALTY, TREES, TREES_SHARE } from '../evaluation/return-models.ts'
import type { BarFold } from '../evaluation/walk-forward.ts'
import {
  Binning,
  type BoostedModel,
  type BoostingOptions,
  fitTrees,
  forestNode,
  type Matrix,
  predictTrees,
} from '../learners/boosted-trees/index.ts'
import { fitRidge, predictRidge, type RidgeModel } from '../learners/ridge.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import { type Breathe, type Parameters, parameter } from './recipe.ts'
import { MEAN, QUANTILES, quantileName, RETURN_OUTPUTS, RISE } from './return-measures.ts'
import { ridgeNodes } from './ridge-export.ts'

export { RETURN_OUTPUTS }

export interface ReturnModel {
  /** The expected return is as much their mean as what the ridge regression says. */
  readonly means: readonly BoostedModel[]
  readonly ridge: RidgeModel
  /** One a level. */
  readonly quantiles: readonly BoostedModel[]
  readonly rise: ProbabilityCurve
}

/**
 * Fits the mean by trees of several seeds and by a ridge regression, which err differently: equal weights are seldom beaten by such as
 * are estimated (Timmermann 2006). Each quantile has its own loss; validation rows fit the probability of a rise.
 */
export async function fitReturns(
  { rows, target }: ReturnProblem,
  { train, validation }: BarFold,
  { parameters, seed }: { parameters: Parameters; seed: number },
  breathe: Breathe,
): Promise<ReturnModel> {
  const labelled = (part: Int32Array) => ({ ...pickRows(rows, part), labels: pickLabels(target, part) })
  const [known, judged] = [labelled(train), labelled(validation)]
  const options = optionsOf(parameters)
  const binning = new Binning()
  const count = parameter(parameters, 'models')
  const fit = async (change: Pick<BoostingOptions, 'objective' | 'seed'> & Partial<BoostingOptions>, done: number) => {
    const model = fitTrees(known, { ...options, ...change }, judged, binning)
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
  const all = labelled(Int32Array.from([...train, ...validation]))
  const unseen = { means, ridge: fitRidge(known, RIDGE_PENALTY) }
  return {
    means,
    ridge: fitRidge(all, RIDGE_PENALTY),
    quantiles,
    rise: fitCurve(meanForecast(unseen, judged), rises),
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

function meanForecast({ means, ridge }: Pick<ReturnModel, 'means' | 'ridge'>, rows: Matrix): Float64Array {
  const each = means.map((model) => predictTrees(model, rows))
  const trees = each[0]!.map((_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / each.length)
  return blended(trees, predictRidge(ridge, rows))
}

/** The expected returns of a fold's test by trees of one seed. */
export function expectedByTrees(
  { rows, target }: ReturnProblem,
  { train, validation, test }: BarFold,
  { parameters, seed }: { parameters: Parameters; seed: number },
): Float64Array {
  const labelled = (part: Int32Array) => ({ ...pickRows(rows, part), labels: pickLabels(target, part) })
  const options = { ...optionsOf(parameters), objective: { kind: 'SQUARED' as const }, seed }
  const model = fitTrees(labelled(train), options, labelled(validation))
  return predictTrees(model, pickRows(rows, test))
}

/** @returns a column for each of RETURN_OUTPUTS. Quantiles that cross are put in order (Chernozhukov et al. 2010). */
export function predictReturns(model: ReturnModel, table: Matrix, part: Int32Array): Record<string, Float64Array> {
  const rows = pickRows(table, part)
  const means = meanForecast(model, rows)
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
  { means, ridge, quantiles, rise }: ReturnModel,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const share = TREES_SHARE / means.length
  const linear = ridgeNodes(ridge, {
    input: INPUT,
    output: 'by_ridge',
    share: 1 - TREES_SHARE,
    level: ridge.intercept * (1 - TREES_SHARE),
  })
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
    ...linear.nodes,
    node('Slice', ['scores', 'zero', 'one', 'one'], 'by_trees'),
    node('Add', ['by_trees', 'by_ridge'], 'mean'),
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
    ...linear.constants,
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
