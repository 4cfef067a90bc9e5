import { pickLabels, pickRows } from '../evaluation/bar-rows.ts'
import { fitCurve, type ProbabilityCurve, probabilityOf } from '../evaluation/calibration.ts'
import type { ReturnProblem } from '../evaluation/return-models.ts'
import type { BarFold } from '../evaluation/walk-forward.ts'
import { exportNetwork, fitNetwork, type NetworkModel, predictNetwork } from '../learners/networks/index.ts'
import { type Breathe, type Choice, parameter, real, whole } from './recipe.ts'
import { MEAN, QUANTILES, quantileName, RISE } from './return-measures.ts'
import { returnRecipe } from './return-recipe.ts'

const MODEL_NAME = 'hourly-return-network'
const COLUMNS = 1 + QUANTILES.length
const BATCH = 256
/** Epochs without a better one on the validation rows that end the training. */
const PATIENCE = 3
/** What shows a leak, whatever was asked for: so many steps that are large and bring nothing back. */
const LEAK = { learningRate: 0.003, weightDecay: 0, steps: 600 }

const parameters = [
  whole({ name: 'epochs', about: 'how often every row is seen at most', default: 20, minimum: 1, maximum: 500 }),
  whole({ name: 'units', about: 'units of the hidden layer', default: 16, minimum: 1, maximum: 256 }),
  real({ name: 'learningRate', about: 'size of a step', default: 0.0003, minimum: 0.000_01, maximum: 0.1 }),
  real({
    name: 'weightDecay',
    about: 'share of a weight that a step of size 1 takes away',
    default: 3,
    minimum: 0,
    maximum: 100,
  }),
]

/** Mean and quantiles by one network, the probability of a rise as a curve of the mean. */
export const hourlyReturnNetwork = returnRecipe({
  name: MODEL_NAME,
  about: 'return of the next hour: its mean, five quantiles and the probability of a rise, by a network on hourly bars',
  candidate: 'network',
  parameters,
  async fit(problem, fold, choice, breathe) {
    const network = await fit(problem, fold, choice, breathe)
    const means = await columnsOf(network, problem, fold.validation)
    const rises = Uint8Array.from(fold.validation, (row) => (problem.target[row]! > 0 ? 1 : 0))
    const curve = fitCurve(means[MEAN]!, rises)
    return {
      async predict(part) {
        const columns = await columnsOf(network, problem, part)
        return { ...columns, [RISE]: columns[MEAN]!.map((value) => probabilityOf(curve, value)) }
      },
      exported: (metadata) => exported(network, curve, metadata),
    }
  },
  async expect(problem, fold, choice) {
    const { steps, ...rest } = LEAK
    const epochs = Math.ceil((steps * BATCH) / fold.train.length)
    const eager = { ...choice, parameters: { ...choice.parameters, ...rest, epochs } }
    const network = await fit(problem, fold, eager, async () => {})
    return (await columnsOf(network, problem, fold.test))[MEAN]!
  },
})

function fit(
  { rows, target }: ReturnProblem,
  { train, validation }: BarFold,
  { parameters: chosen, seed }: Choice,
  breathe: Breathe,
): Promise<NetworkModel> {
  const epochs = parameter(chosen, 'epochs')
  const labelled = (part: Int32Array) => {
    const labels = pickLabels(target, part)
    const repeated = Float32Array.from({ length: labels.length * COLUMNS }, (_, i) => labels[Math.floor(i / COLUMNS)]!)
    return { ...pickRows(rows, part), labels: repeated }
  }
  const options = {
    architecture: { kind: 'MLP', hidden: [parameter(chosen, 'units')] },
    objective: { kind: 'MEAN_AND_QUANTILES', levels: QUANTILES },
    epochs,
    batch: BATCH,
    learningRate: parameter(chosen, 'learningRate'),
    weightDecay: parameter(chosen, 'weightDecay'),
    seed,
  } as const
  const judged = { rows: labelled(validation), patience: PATIENCE }
  return fitNetwork(labelled(train), options, { judged, onEpoch: (state) => breathe(state.epochs / epochs) })
}

async function columnsOf(network: NetworkModel, { rows }: ReturnProblem, part: Int32Array) {
  const answers = await predictNetwork(network, pickRows(rows, part))
  const column = (k: number) => Float64Array.from(part, (_, i) => answers[i * COLUMNS + k]!)
  const quantiles = QUANTILES.map((level, k) => [quantileName(level), column(k + 1)] as const)
  return { [MEAN]: column(0), ...Object.fromEntries(quantiles) }
}

function exported(network: NetworkModel, curve: ProbabilityCurve, metadata: Readonly<Record<string, string>>) {
  return exportNetwork(network, MODEL_NAME, metadata, {
    finish(graph, answer) {
      const rows = answer.shape[0]!
      const on = (operator: string, ...inputs: (typeof answer)[]) => graph.apply(operator, inputs, [rows, 1])
      const mean = on('Slice', answer, graph.whole(0), graph.whole(1), graph.whole(1))
      const logit = on('Add', on('Mul', mean, graph.number(curve.slope)), graph.number(curve.intercept))
      return graph.apply('Concat', [answer, on('Sigmoid', logit)], [rows, COLUMNS + 1], { axis: { int: 1 } })
    },
  })
}
