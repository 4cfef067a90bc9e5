import { seededRandom } from '@opsource/kernel'
import ort from 'onnxruntime-node'
import { INPUT } from '../../training/onnx.ts'
import type { Matrix } from '../boosted-trees/index.ts'
import { type Best, Judge } from './judge.ts'
import { type Standard, standardOf } from './standard.ts'
import { DECAYS, LABELS, momentsOf, type NetworkShape, next, stepGraph } from './step.ts'

/** Rows and what they should give: row-major, `outputs` columns; of classes a 1 in one of them. */
export interface NetworkRows extends Matrix {
  readonly labels: Float32Array
}

export interface NetworkOptions extends Omit<NetworkShape, 'width' | 'outputs'> {
  /** How often every row is seen. */
  readonly epochs: number
  /** Rows a step. */
  readonly batch: number
  readonly learningRate: number
  readonly weightDecay: number
}

export interface NetworkModel {
  readonly kind: 'NETWORK'
  readonly shape: NetworkShape
  readonly standard: Standard
  /** By parameter. */
  readonly weights: Readonly<Record<string, Float32Array>>
}

/** Parameters and moments after an epoch: from here training goes on as if it had not been stopped. */
export interface NetworkState {
  readonly epochs: number
  readonly steps: number
  readonly tensors: Readonly<Record<string, Float32Array>>
  /** Of rows that judge; null where none do. */
  readonly best: Best | null
}

export interface NetworkCourse {
  readonly from?: NetworkState
  /** Rows that are not learnt: the weights of the epoch that loses least on them are kept, and `patience` epochs without one end it. */
  readonly judged?: { readonly rows: NetworkRows; readonly patience: number }
  /** Called after each epoch with its mean loss. Rejects to stop. */
  readonly onEpoch?: (state: NetworkState, loss: number) => Promise<void>
}

/** A network that cannot be trained as it is asked for. */
export class InvalidNetwork extends Error {}

const SESSION = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const

/** Trains a network by steps that onnxruntime runs. The same rows, options and seed give the same weights, bit by bit, on one machine. */
export async function fitNetwork(
  train: NetworkRows,
  options: NetworkOptions,
  { from, judged, onEpoch }: NetworkCourse = {},
): Promise<NetworkModel> {
  const shape = shapeOf(train, options)
  const standard = standardOf(train)
  const { onnx, parameters } = stepGraph(shape, standard, options.weightDecay)
  await using stack = new AsyncDisposableStack()
  const session = stack.adopt(await ort.InferenceSession.create(onnx, SESSION), (opened) => opened.release())
  const judge = judged && stack.use(await Judge.open(judged.rows, shape, standard))
  const sizes = new Map(
    parameters.flatMap(({ name, shape: size }) => [name, ...momentsOf(name)].map((each) => [each, size])),
  )
  let tensors: Readonly<Record<string, Float32Array>> = from?.tensors ?? beginning(parameters)
  let steps = from?.steps ?? 0
  let best = from?.best ?? null
  const learnt = () => Object.fromEntries(parameters.map(({ name }) => [name, tensors[name]!]))
  for (let epoch = from?.epochs ?? 0; epoch < options.epochs; epoch++) {
    if (judged && best && epoch - best.epochs >= judged.patience) break
    let sum = 0
    const batches = batchesOf(train, shape, options, epoch)
    for (const batch of batches) {
      steps++
      const feeds = { ...batch, ...scalarsOf(options, steps), ...fed(tensors, sizes) }
      const results = await session.run(feeds)
      const values = (name: string) => floats(results[name]?.data)
      sum += values('loss')[0]!
      tensors = Object.fromEntries([...sizes.keys()].map((name) => [name, values(next(name))]))
    }
    if (judge) {
      const loss = await judge.lossOf(fed(learnt(), sizes))
      if (!best || loss < best.loss) best = { epochs: epoch + 1, loss, weights: learnt() }
    }
    await onEpoch?.({ epochs: epoch + 1, steps, tensors, best }, sum / batches.length)
  }
  return { kind: 'NETWORK', shape, standard, weights: best?.weights ?? learnt() }
}

function shapeOf({ width, values, labels }: NetworkRows, options: NetworkOptions): NetworkShape {
  const size = values.length / width
  const outputs = labels.length / size
  const { architecture, objective, seed, bend } = options
  if (size === 0 || !Number.isInteger(size)) throw new InvalidNetwork('no rows, or not whole ones')
  if (!Number.isInteger(outputs) || outputs < 1)
    throw new InvalidNetwork(`${labels.length} labels do not go with ${size} rows`)
  if (!labels.every(Number.isFinite)) throw new InvalidNetwork('labels must be finite')
  if (architecture.kind !== 'MLP' && width % architecture.steps !== 0)
    throw new InvalidNetwork(`${width} columns are not ${architecture.steps} steps`)
  return { architecture, objective, width, outputs, seed, ...(bend ? { bend } : {}) }
}

function beginning(parameters: readonly { readonly name: string; readonly initial: Float32Array }[]) {
  return Object.fromEntries(
    parameters.flatMap(({ name, initial }) => [
      [name, initial],
      ...momentsOf(name).map((moment) => [moment, new Float32Array(initial.length)] as const),
    ]),
  )
}

/** The rows in an order that only seed and epoch decide (Fisher and Yates); what is left over at the end waits for the next. */
function batchesOf(
  { values, labels }: NetworkRows,
  { width, outputs, seed }: NetworkShape,
  { batch }: NetworkOptions,
  epoch: number,
) {
  const size = values.length / width
  const order = Int32Array.from({ length: size }, (_, row) => row)
  const random = seededRandom(seed + epoch * 0x9e3779b1)
  for (let i = size - 1; i > 0; i--) {
    const other = Math.floor(random.next() * (i + 1))
    const row = order[i]!
    order[i] = order[other]!
    order[other] = row
  }
  const rows = Math.min(batch, size)
  const pick = (source: Float32Array, columns: number, from: number) => {
    const picked = new Float32Array(rows * columns)
    for (let i = 0; i < rows; i++) {
      const row = order[from + i]!
      picked.set(source.subarray(row * columns, (row + 1) * columns), i * columns)
    }
    return new ort.Tensor('float32', picked, [rows, columns])
  }
  return Array.from({ length: Math.floor(size / rows) }, (_, k) => ({
    [INPUT]: pick(values, width, k * rows),
    [LABELS]: pick(labels, outputs, k * rows),
  }))
}

function scalarsOf({ learningRate }: NetworkOptions, step: number) {
  const scalar = (value: number) => new ort.Tensor('float32', Float32Array.of(value), [])
  return {
    rate: scalar(learningRate),
    correction_1: scalar(1 - DECAYS[0] ** step),
    correction_2: scalar(1 - DECAYS[1] ** step),
  }
}

const fed = (tensors: Readonly<Record<string, Float32Array>>, sizes: ReadonlyMap<string, readonly number[]>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, values]) => [name, new ort.Tensor('float32', values, sizes.get(name)!)]),
  )

function floats(data: unknown): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('the step gives no float32 tensor')
  return data
}
