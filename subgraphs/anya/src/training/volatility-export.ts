import { type CorrectedHar, MEMORIES } from '../evaluation/variance-models.ts'
import { forestNode } from '../learners/boosted-trees/index.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import { ridgeNodes } from './ridge-export.ts'

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
  const share = 1 / Math.max(1, corrections.length)
  const trees = corrections.flatMap((model) => model.trees.map((tree) => ({ tree, target: 0, weight: share })))
  const base = corrections.reduce((sum, model) => sum + model.base[0]! * share, 0)
  const level = har.ridge.intercept + Math.log(har.scale) + Math.log(scale)
  const linear = ridgeNodes(har.ridge, { input: 'memories', output: 'heterogeneous', level })
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
  const nodes = [
    node('Slice', [INPUT, 'first', 'end', 'columns'], 'memories'),
    ...linear.nodes,
    forestNode(Float32Array.of(base), trees, 'correction'),
    node('Add', ['heterogeneous', 'correction'], OUTPUT),
  ]
  const constants = [
    ints('first', firstMemory),
    ints('end', firstMemory + count),
    ints('columns', 1),
    ...linear.constants,
  ]
  return Uint8Array.from(writeOnnx({ name, width, nodes, constants, metadata }))
}
