import { seededRandom } from '@opsource/kernel'
import ort from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { INPUT, OUTPUT } from '../../onnx/writer.ts'
import { exportDifference } from '../../training/parity.ts'
import {
  type Architecture,
  exportNetwork,
  fitNetwork,
  InvalidNetwork,
  type NetworkOptions,
  type NetworkRows,
  type NetworkState,
  predictNetwork,
} from './index.ts'
import type { NetworkObjective } from './loss.ts'
import { standardOf } from './standard.ts'
import { joined, LABELS, next, stepGraph } from './step.ts'

const [STEPS, COLUMNS] = [6, 2]
const WIDTH = STEPS * COLUMNS
const ARCHITECTURES: readonly Architecture[] = [
  { kind: 'MLP', hidden: [8, 6] },
  { kind: 'TCN', steps: STEPS, channels: 5, dilations: [1, 2] },
  { kind: 'GRU', steps: STEPS, units: 5 },
]
const OPTIONS = {
  objective: { kind: 'LOGISTIC' },
  epochs: 8,
  batch: 50,
  learningRate: 0.02,
  weightDecay: 0.001,
  seed: 3,
} as const

/** Rows in [-1, 1), one value of forty missing, with labels of one or three columns. */
function sampled(size: number, labelsOf: (row: Float32Array) => number[], seed = 5): NetworkRows {
  const random = seededRandom(seed)
  const values = Float32Array.from({ length: size * WIDTH }, () =>
    random.next() < 0.025 ? Number.NaN : 2 * random.next() - 1,
  )
  const labels = Array.from({ length: size }, (_, i) => labelsOf(values.subarray(i * WIDTH, (i + 1) * WIDTH))).flat()
  return { width: WIDTH, values, labels: Float32Array.from(labels) }
}

/** Whether the last step's two columns have one sign: no line parts that. */
const haveOneSign = (row: Float32Array) => [(row.at(-1) ?? 0) * (row.at(-2) ?? 0) > 0 ? 1 : 0]

const LABELS_OF: Record<NetworkObjective['kind'], (row: Float32Array) => number[]> = {
  SQUARED: (row) => [(row.at(-1) || 0) + 0.5 * (row.at(-3) || 0), row[0] || 0],
  LOGISTIC: haveOneSign,
  MEAN_AND_QUANTILES: (row) => [1, 2, 3].map(() => row.at(-1) || 0),
  SOFTMAX: (row) => [0, 1, 2].map((kind) => (Math.floor(((row.at(-1) || 0) + 1) * 1.5) === kind ? 1 : 0)),
}

/** The gradient of one batch, read from the first moment after a step from nothing, and the loss as a function of the parameters. */
async function gradientAt(architecture: Architecture, objective: NetworkObjective) {
  const rows = sampled(7, LABELS_OF[objective.kind])
  const outputs = rows.labels.length / 7
  const shape = { architecture, objective, width: WIDTH, outputs, seed: 11, bend: 'TANH' as const }
  const { onnx, parameters } = stepGraph(shape, standardOf(rows), 0)
  const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  const tensor = (values: Float32Array, size: readonly number[]) => new ort.Tensor('float32', values, size)
  const size = parameters.reduce((sum, { initial }) => sum + initial.length, 0)
  const run = (weights: Record<string, Float32Array>) =>
    session.run({
      [INPUT]: tensor(rows.values, [7, WIDTH]),
      [LABELS]: tensor(rows.labels, [7, outputs]),
      rate: tensor(Float32Array.of(0), []),
      correction_1: tensor(Float32Array.of(1), []),
      correction_2: tensor(Float32Array.of(1), []),
      parameters: tensor(joined(parameters.map(({ name }) => weights[name]!)), [size]),
      first: tensor(new Float32Array(size), [size]),
      second: tensor(new Float32Array(size), [size]),
    })
  return { parameters, run }
}

describe.each(ARCHITECTURES)('a $kind', (architecture) => {
  test.each<NetworkObjective>([
    { kind: 'SQUARED' },
    { kind: 'LOGISTIC' },
    { kind: 'SOFTMAX' },
    { kind: 'MEAN_AND_QUANTILES', levels: [0.25, 0.9] },
  ])('has the gradient that differences have: $kind', async (objective) => {
    const { parameters, run } = await gradientAt(architecture, objective)
    const random = seededRandom(2)
    const weights = Object.fromEntries(
      parameters.map(({ name, initial }) => [name, initial.map((value) => value + 0.1 * (random.next() - 0.5))]),
    )
    const results = await run(weights)
    const lossAt = async (name: string, index: number, change: number) => {
      const moved = weights[name]!.with(index, weights[name]![index]! + change)
      return Number((await run({ ...weights, [name]: moved })).loss!.data[0])
    }
    const [change, blend] = [1e-2, 0.1]
    let place = 0
    for (const { name, initial } of parameters) {
      const from = place
      place += initial.length
      for (let index = 0; index < initial.length; index += Math.ceil(initial.length / 4)) {
        const slope = ((await lossAt(name, index, change)) - (await lossAt(name, index, -change))) / (2 * change)
        const gradient = Number(results[next('first')]!.data[from + index]) / blend
        expect(Math.abs(gradient - slope) / (Math.abs(gradient) + Math.abs(slope) + 0.01)).toBeLessThan(5e-3)
      }
    }
  })

  test('learns, twice the same bit by bit, and goes on from an epoch as if it had not been stopped', async () => {
    const rows = sampled(400, haveOneSign)
    const losses: number[] = []
    const options: NetworkOptions = { ...OPTIONS, architecture }
    const model = await fitNetwork(rows, options, { onEpoch: async (_, loss) => void losses.push(loss) })
    expect(losses.at(-1)).toBeLessThan(0.97 * losses[0]!)
    const stopped = fitNetwork(rows, options, {
      onEpoch: async (state) => {
        if (state.epochs === 3) throw Object.assign(new Error('stopped'), { state })
      },
    })
    const { state } = await stopped.then(
      () => expect.unreachable(),
      (error) => error,
    )
    const again = await fitNetwork(rows, options, { from: state })
    expect(again).toEqual(model)
    expect(exportNetwork(again, 'same', {})).toEqual(exportNetwork(model, 'same', {}))
  })

  test('gives in its file what the forward pass of training gives, missing values too', async () => {
    const rows = sampled(200, LABELS_OF.SOFTMAX)
    const options: NetworkOptions = { ...OPTIONS, architecture, objective: { kind: 'SOFTMAX' }, epochs: 2 }
    const model = await fitNetwork(rows, options)
    const session = await ort.InferenceSession.create(exportNetwork(model, 'unrolled', {}, { fused: false }))
    const input = new ort.Tensor('float32', rows.values, [200, WIDTH])
    const expected = (await session.run({ [INPUT]: input }))[OUTPUT]!.data
    expect(expected).toHaveLength(600)
    const onnx = exportNetwork(model, 'served', {})
    expect(await exportDifference(onnx, rows.values, WIDTH, Array.from(expected, Number))).toBeLessThanOrEqual(1e-6)
  })
})

test('the epoch that is best on rows that are not learnt is kept, and a few without a better one end the training', async () => {
  const judged = { rows: sampled(300, haveOneSign, 6), patience: 3 }
  const options: NetworkOptions = { ...OPTIONS, architecture: ARCHITECTURES[0]!, epochs: 200, weightDecay: 0 }
  const states: NetworkState[] = []
  const onEpoch = async (state: NetworkState) => void states.push(state)
  const model = await fitNetwork(sampled(60, haveOneSign), options, { judged, onEpoch })
  const { best, epochs } = states.at(-1)!
  expect(epochs).toBeLessThan(200)
  expect(epochs - best!.epochs).toBe(3)
  expect(model.weights).toEqual(best!.weights)
  const again = await fitNetwork(sampled(60, haveOneSign), options, { judged, from: states[best!.epochs]! })
  expect(again.weights).toEqual(model.weights)
})

test('mean and quantiles are learnt at once, and come in order', async () => {
  const levels = [0.1, 0.5, 0.9]
  const random = seededRandom(4)
  const rows = sampled(3_000, (row) => {
    const label = (row.at(-1) || 0) + random.next()
    return [label, label, label, label]
  })
  const options: NetworkOptions = {
    ...OPTIONS,
    architecture: ARCHITECTURES[0]!,
    objective: { kind: 'MEAN_AND_QUANTILES', levels },
    epochs: 20,
    learningRate: 0.005,
  }
  const answers = await predictNetwork(await fitNetwork(rows, options), rows)
  const row = (i: number) => Array.from(answers.subarray(i * 4, (i + 1) * 4))
  levels.forEach((level, k) => {
    const below = rows.labels.filter((label, i) => i % 4 === 0 && label <= row(i / 4)[k + 1]!).length
    expect(Math.abs(below / 3_000 - level)).toBeLessThan(0.08)
  })
  for (let i = 0; i < 3_000; i++)
    expect(row(i).slice(1)).toEqual(
      row(i)
        .slice(1)
        .sort((a, b) => a - b),
    )
})

test.each<[string, Partial<NetworkRows>]>([
  ['no rows', { values: new Float32Array(), labels: new Float32Array() }],
  ['labels must be finite', { labels: Float32Array.of(Number.NaN) }],
  ['12 columns are not 5 steps', {}],
])('what cannot be learnt is refused: %s', async (why, change) => {
  const rows = { ...sampled(1, haveOneSign), ...change }
  const training = fitNetwork(rows, { ...OPTIONS, architecture: { kind: 'GRU', steps: 5, units: 2 } })
  await expect(training).rejects.toThrow(InvalidNetwork)
  await expect(training).rejects.toThrow(why)
})
