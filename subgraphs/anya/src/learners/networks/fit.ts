import { seededRandom } from '@opsource/kernel'
import ort from 'onnxruntime-node'
import { INPUT } from '../../onnx/writer.ts'
import type { Matrix } from '../boosted-trees/index.ts'
import type { Parameter } from './graph.ts'
import { type Best, Judge } from './judge.ts'
import { type Standard, standardOf } from './standard.ts'
import { DECAYS, joined, LABELS, type NetworkShape, next, STATE, stepGraph } from './step.ts'

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
  readonly tensors: Readonly<Record<(typeof STATE)[number], Float32Array>>
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
  let tensors = from?.tensors ?? beginning(parameters)
  let steps = from?.steps ?? 0
  let best = from?.best ?? null
  const learnt = () => byParameter(parameters, tensors.parameters)
  for (let epoch = from?.epochs ?? 0; epoch < options.epochs; epoch++) {
    if (judged && best && epoch - best.epochs >= judged.patience) break
    let sum = 0
    const batches = batchesOf(train, shape, options, epoch)
    for (const batch of batches) {
      steps++
      const state = Object.fromEntries(STATE.map((name) => [name, vector(tensors[name])]))
      const results = await session.run({ ...batch, ...scalarsOf(options, steps), ...state })
      const values = (name: string) => floats(results[name]?.data)
      sum += values('loss')[0]!
      tensors = {
        parameters: values(next('parameters')),
        first: values(next('first')),
        second: values(next('second')),
      }
    }
    if (judge) {
      const loss = await judge.lossOf(vector(tensors.parameters))
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

function beginning(parameters: readonly Parameter[]): NetworkState['tensors'] {
  const learnt = joined(parameters.map(({ initial }) => initial))
  return { parameters: learnt, first: new Float32Array(learnt.length), second: new Float32Array(learnt.length) }
}

function byParameter(parameters: readonly Parameter[], learnt: Float32Array): NetworkModel['weights'] {
  let from = 0
  const entries = parameters.map(({ name, initial: { length } }) => {
    from += length
    return [name, learnt.slice(from - length, from)] as const
  })
  return Object.fromEntries(entries)
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
    let at = 0
    for (let i = from; i < from + rows; i++) {
      const first = order[i]! * columns
      for (let k = first; k < first + columns; k++) picked[at++] = source[k]!
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

const vector = (values: Float32Array) => new ort.Tensor('float32', values, [values.length])

function floats(data: unknown): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('the step gives no float32 tensor')
  return data
}
