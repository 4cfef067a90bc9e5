import { type Bars, barFeatureTable } from '../bar-features/index.ts'
import { pickLabels, pickRows } from '../evaluation/bar-rows.ts'
import { inputsOf, type VarianceProblem } from '../evaluation/variance-models.ts'
import type { BarFold } from '../evaluation/walk-forward.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import { exportNetwork, fitNetwork, type NetworkModel, predictNetwork } from '../learners/networks/index.ts'
import { mean } from '../statistics/mean.ts'
import { sha256 } from './fingerprint.ts'
import { FEATURE_HASH, FEATURES } from './hourly-volatility.ts'
import { type Breathe, type Choice, parameter, real, whole } from './recipe.ts'
import { varianceRecipe } from './variance-recipe.ts'

const MODEL_NAME = 'hourly-volatility-network'
/** Hours that a row shows, the oldest first. */
const STEPS = 12
/** What it shows of each. */
const SHOWN = [
  'log_square',
  'log_range_square',
  'hour_sine',
  'hour_cosine',
  'log_variance_24',
  'log_variance_120',
  'log_variance_480',
  'log_variance_same_hour_5',
  'log_variance_same_hour_22',
]
/** A basis point, squared: hours that stand still have no logarithm. */
const LEAST_SQUARE = 1e-8
const BATCH = 256
/** Outcomes span six hours: of three rows that follow each other one says nearly all. */
const STRIDE = 3
/** Epochs without a better one on the validation rows that end the training. */
const PATIENCE = 2
const FEATURE_NAMES = Array.from({ length: STEPS }, (_, step) =>
  SHOWN.map((name) => `${name}_before_${STEPS - 1 - step}`),
).flat()
const HASH = sha256(JSON.stringify({ bars: FEATURE_HASH, version: 1, features: FEATURE_NAMES }))

/** By gated recurrent units that read the last hours one after another. */
export const hourlyVolatilityNetwork = varianceRecipe({
  name: MODEL_NAME,
  about: `logarithm of the variance of an hour over the next six, by a recurrent network that reads the last ${STEPS} hours`,
  candidate: 'gru',
  parameters: [
    whole({ name: 'epochs', about: 'how often every row is seen at most', default: 8, minimum: 1, maximum: 500 }),
    whole({ name: 'units', about: 'gated recurrent units', default: 16, minimum: 1, maximum: 128 }),
    real({ name: 'learningRate', about: 'size of a step', default: 0.003, minimum: 0.000_01, maximum: 0.1 }),
    real({
      name: 'weightDecay',
      about: 'share of a weight that a step of size 1 takes away',
      default: 0.01,
      minimum: 0,
      maximum: 100,
    }),
  ],
  features: FEATURE_NAMES,
  featureHash: HASH,
  newest: 'log_square_before_0',
  inputs: windowsOf,
  async fit(problem, fold, choice, breathe) {
    const network = await fit(problem, fold, choice, breathe)
    return {
      forecast: (rows) => variancesOf(network, problem, rows),
      exported: (metadata) => exportNetwork(network, MODEL_NAME, metadata),
    }
  },
  async expect(problem, fold, choice) {
    const network = await fit(problem, fold, choice, async () => {})
    return variancesOf(network, problem, fold.test)
  },
})

/** A row for each hour with what SHOWN names of the last STEPS hours; NaN before the first. */
function windowsOf(bars: Bars): Matrix {
  const table = inputsOf(bars)
  const { change } = barFeatureTable(bars)
  const columns = SHOWN.map((name) => FEATURES.indexOf(name))
  const shown = Float32Array.from({ length: bars.size * SHOWN.length }, (_, i) => {
    const [row, k] = [Math.floor(i / SHOWN.length), i % SHOWN.length]
    if (k === 0) return Math.log(change[row]! ** 2 + LEAST_SQUARE)
    if (k === 1) return Math.log(Math.log(bars.high[row]! / bars.low[row]!) ** 2 + LEAST_SQUARE)
    return table.values[row * table.width + columns[k]!]!
  })
  const width = STEPS * SHOWN.length
  const values = new Float32Array(bars.size * width).fill(Number.NaN)
  for (let row = 0; row < bars.size; row++) {
    const from = Math.max(0, (row + 1 - STEPS) * SHOWN.length)
    const part = shown.subarray(from, (row + 1) * SHOWN.length)
    values.set(part, (row + 1) * width - part.length)
  }
  return { width, values }
}

/** Least squares of the logarithm; the level, right in the mean, is taken from the validation rows and put into the last bias. */
async function fit(
  problem: VarianceProblem,
  { train, validation }: BarFold,
  { parameters, seed }: Choice,
  breathe: Breathe,
): Promise<NetworkModel> {
  const epochs = parameter(parameters, 'epochs')
  const logarithms = problem.realised.map(Math.log)
  // A bias goes little by little: what is learnt is centred, and the level brings the centre back.
  const centre = mean(pickLabels(logarithms, train))
  const labelled = (part: Int32Array) => {
    const rows = part.filter((_, i) => i % STRIDE === 0)
    return {
      ...pickRows(problem.rows, rows),
      labels: Float32Array.from(rows, (row) => logarithms[row]! - centre),
    }
  }
  const options = {
    architecture: { kind: 'GRU', steps: STEPS, units: parameter(parameters, 'units') },
    objective: { kind: 'SQUARED' },
    epochs,
    batch: BATCH,
    learningRate: parameter(parameters, 'learningRate'),
    weightDecay: parameter(parameters, 'weightDecay'),
    seed,
  } as const
  const judged = { rows: labelled(validation), patience: PATIENCE }
  const onEpoch = (state: { readonly epochs: number }) => breathe(state.epochs / epochs)
  const network = await fitNetwork(labelled(train), options, { judged, onEpoch })
  const known = await variancesOf(network, problem, validation)
  const level = Math.log(mean(known.map((variance, i) => problem.realised[validation[i]!]! / variance)))
  const bias = network.weights['output.bias']!.map((value) => value + level)
  return { ...network, weights: { ...network.weights, 'output.bias': bias } }
}

const variancesOf = async (network: NetworkModel, { rows }: VarianceProblem, part: Int32Array) =>
  (await predictNetwork(network, pickRows(rows, part))).map(Math.exp)
