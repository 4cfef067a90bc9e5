import type { GraphOutline } from './onnx-outline.ts'
import { Rejected } from './rejection.ts'

/** Operators that give as many numbers as the values of these inputs say, by the inputs' places. */
const SIZED_BY_VALUES: ReadonlyMap<string, readonly number[]> = new Map([
  ['ConstantOfShape', [0]],
  ['Expand', [1]],
  ['Pad', [1]],
  ['Range', [0, 1, 2]],
])

/**
 * Throws `Rejected` where the features' values, not only how many rows there are, say how large a tensor is: on a row that no trial saw
 * it could be larger than the platform's memory.
 * @param graph whose nodes are in order.
 * @param input the name of the graph's input.
 */
export function checkSizes(graph: GraphOutline, input: string): void {
  const made = new Set([input])
  for (const { operator, inputs, outputs } of graph.nodes) {
    const sizes = (SIZED_BY_VALUES.get(operator) ?? []).map((place) => inputs[place] ?? '')
    if (sizes.some((name) => made.has(name)))
      throw new Rejected('GRAPH', `${operator} gives as many numbers as the features say.`)
    if (operator !== 'Shape' && inputs.some((name) => made.has(name))) for (const output of outputs) made.add(output)
  }
}
