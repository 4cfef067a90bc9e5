import { LIMIT, type RidgeModel } from '../learners/ridge.ts'
import type { Constant, OnnxNode } from '../onnx/writer.ts'

interface Places {
  /** The tensor of its columns alone, [rows, columns]. */
  readonly input: string
  /** [rows, 1]. */
  readonly output: string
  /** What its weights are multiplied by. */
  readonly share?: number
  /** Stands instead of the intercept, which `share` does not touch. */
  readonly level: number
}

/** A ridge regression as nodes and constants: its columns standardised, cut off, and what is missing counted as the mean. */
export function ridgeNodes(
  { means, deviations, weights }: RidgeModel,
  { input, output, share = 1, level }: Places,
): { nodes: OnnxNode[]; constants: Constant[] } {
  const count = weights.length
  const node = (operator: string, inputs: string[], result: string): OnnxNode => ({
    operator,
    inputs,
    outputs: [result],
  })
  const floats = (name: string, shape: number[], values: Iterable<number>): Constant => ({
    name,
    shape,
    values: Float32Array.from(values),
  })
  return {
    nodes: [
      node('Sub', [input, 'means'], 'centred'),
      node('Div', ['centred', 'deviations'], 'unlimited'),
      node('IsNaN', ['unlimited'], 'missing'),
      node('Where', ['missing', 'nothing', 'unlimited'], 'known'),
      node('Clip', ['known', 'lowest', 'highest'], 'standard'),
      node('MatMul', ['standard', 'weights'], 'linear'),
      node('Add', ['linear', 'level'], output),
    ],
    constants: [
      floats('means', [count], means),
      floats('deviations', [count], deviations),
      floats(
        'weights',
        [count, 1],
        weights.map((weight) => weight * share),
      ),
      floats('nothing', [], [0]),
      floats('lowest', [], [-LIMIT]),
      floats('highest', [], [LIMIT]),
      floats('level', [1], [level]),
    ],
  }
}
