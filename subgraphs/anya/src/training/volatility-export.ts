import { type CorrectedHar, MEMORIES } from '../evaluation/variance-models.ts'
import { forestNode } from '../learners/boosted-trees/index.ts'
import { LIMIT } from '../learners/ridge.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from './onnx.ts'

interface Signature {
  readonly name: string
  readonly width: number
  /** The column of the first of HAR's memories; the others follow it. */
  readonly firstMemory: number
  readonly metadata: Readonly<Record<string, string>>
}

/** @returns an ONNX file from `features` [rows, width] to the logarithm of the variance [rows, 1]. */
export function exportCorrectedHar(
  { har, corrections, scale }: CorrectedHar,
  { name, width, firstMemory, metadata }: Signature,
): Uint8Array<ArrayBuffer> {
  const { means, deviations, weights, intercept } = har.ridge
  const share = 1 / Math.max(1, corrections.length)
  const trees = corrections.flatMap((model) => model.trees.map((tree) => ({ tree, target: 0, weight: share })))
  const base = corrections.reduce((sum, model) => sum + model.base[0]! * share, 0)
  const level = intercept + Math.log(har.scale) + Math.log(scale)
  const node = (operator: string, inputs: string[], output: string): OnnxNode => ({
    operator,
    inputs,
    outputs: [output],
  })
  const count = MEMORIES.length
  const ints = (constant: string, value: number) => ({
    name: constant,
    shape: [1],
    values: BigInt64Array.of(BigInt(value)),
  })
  const floats = (constant: string, shape: number[], values: Iterable<number>) => ({
    name: constant,
    shape,
    values: Float32Array.from(values),
  })
  const nodes = [
    node('Slice', [INPUT, 'first', 'end', 'columns'], 'memories'),
    node('Sub', ['memories', 'means'], 'centred'),
    node('Div', ['centred', 'deviations'], 'unlimited'),
    // A value that is missing counts as the mean.
    node('IsNaN', ['unlimited'], 'missing'),
    node('Where', ['missing', 'zero', 'unlimited'], 'known'),
    node('Clip', ['known', 'lowest', 'highest'], 'standard'),
    node('MatMul', ['standard', 'weights'], 'linear'),
    forestNode(Float32Array.of(base), trees, 'correction'),
    node('Add', ['linear', 'correction'], 'sum'),
    node('Add', ['sum', 'level'], OUTPUT),
  ]
  const constants = [
    ints('first', firstMemory),
    ints('end', firstMemory + count),
    ints('columns', 1),
    floats('means', [count], means),
    floats('deviations', [count], deviations),
    floats('weights', [count, 1], weights),
    floats('zero', [], [0]),
    floats('lowest', [], [-LIMIT]),
    floats('highest', [], [LIMIT]),
    floats('level', [1], [level]),
  ]
  return Uint8Array.from(writeOnnx({ name, width, nodes, constants, metadata }))
}
