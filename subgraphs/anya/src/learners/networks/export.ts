import { type Constant, INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../../onnx/writer.ts'
import { build } from './architecture.ts'
import type { NetworkModel } from './fit.ts'
import { Graph, ROWS, type Value } from './graph.ts'
import { answerOf } from './loss.ts'
import { standardised } from './standard.ts'

interface ExportOptions {
  /** Whether a GRU is one operator instead of a node for each step. */
  readonly fused?: boolean
  /** Makes of what the objective forecasts what the file gives. */
  readonly finish?: (graph: Graph, answer: Value) => Value
}

/**
 * @returns an ONNX file from `features` [rows, width] to what the objective forecasts, [rows, outputs]: the forward pass of training with
 * its parameters as constants. Of a GRU the steps are one operator, which needs no node for each.
 */
export function exportNetwork(
  model: NetworkModel,
  name: string,
  metadata: Readonly<Record<string, string>>,
  { fused = true, finish = (_, answer) => answer }: ExportOptions = {},
): Uint8Array<ArrayBuffer> {
  const { shape, standard, weights } = model
  const graph = new Graph()
  const rows = standardised(graph, { name: INPUT, shape: [ROWS, shape.width] }, standard)
  const scores =
    fused && shape.architecture.kind === 'GRU' ? fusedScores(graph, rows, model) : build(graph, rows, shape)
  const answer = finish(graph, answerOf(graph, shape.objective, scores))
  const nodes: OnnxNode[] = [...graph.nodes, { operator: 'Identity', inputs: [answer.name], outputs: [OUTPUT] }]
  const learnt = graph.parameters.map((parameter): Constant => ({ ...parameter, values: weights[parameter.name]! }))
  const constants = [...graph.constants, ...learnt]
  return Uint8Array.from(writeOnnx({ name, width: shape.width, outputs: answer.shape[1]!, nodes, constants, metadata }))
}

/** https://onnx.ai/onnx/operators/onnx__GRU.html: gates in the order of ours, matrices transposed. */
function fusedScores(graph: Graph, rows: Value, { shape, weights }: NetworkModel): Value {
  if (shape.architecture.kind !== 'GRU') throw new RangeError('not a GRU')
  const { steps, units } = shape.architecture
  const columns = shape.width / steps
  const matrix = (name: string, height: number, width: number) =>
    graph.constant([1, width, height], transposed(weights[name]!, height, width))
  const sequence = graph.reshape(rows, [ROWS, steps, columns])
  const byStep = graph.apply('Transpose', [sequence], [steps, ROWS, columns], { perm: { ints: [1, 0, 2] } })
  const bias = Float32Array.of(...weights['input.bias']!, ...weights['state.bias']!)
  const inputs = [
    byStep,
    matrix('input.weights', columns, 3 * units),
    matrix('state.weights', units, 3 * units),
    graph.constant([1, 6 * units], bias),
  ]
  const state = { name: 'last_state', shape: [1, ROWS, units] }
  graph.nodes.push({
    operator: 'GRU',
    inputs: inputs.map((input) => input.name),
    outputs: ['', state.name],
    attributes: { hidden_size: { int: units }, linear_before_reset: { int: 1 } },
  })
  const last = graph.reshape(state, [ROWS, units])
  const product = graph.multiplyMatrices(last, graph.constant([units, shape.outputs], weights['output.weights']!))
  return graph.addBias(product, graph.constant([shape.outputs], weights['output.bias']!))
}

function transposed(values: Float32Array, height: number, width: number): Float32Array {
  return Float32Array.from({ length: values.length }, (_, i) => values[(i % height) * width + Math.floor(i / height)]!)
}
