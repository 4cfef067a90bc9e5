import { INPUT, writeGraph } from '../../training/onnx.ts'
import { type Architecture, type Bend, build } from './architecture.ts'
import { Graph, type Parameter, ROWS, type Value } from './graph.ts'
import { lossOf, type NetworkObjective } from './loss.ts'
import { type Standard, standardised } from './standard.ts'

/** As in the paper (Kingma and Ba 2015). */
export const DECAYS = [0.9, 0.999] as const
const EPSILON = 1e-8
export const LABELS = 'labels'

/** What a network is before it has learnt anything. */
export interface NetworkShape {
  readonly architecture: Architecture
  readonly objective: NetworkObjective
  readonly width: number
  readonly outputs: number
  readonly seed: number
  readonly bend?: Bend
}

/** The two moments of a parameter's gradient. */
export const momentsOf = (name: string) => [`${name}.first`, `${name}.second`] as const
export const next = (name: string) => `next.${name}`

/**
 * One step of training as one ONNX file: forward, backward, and AdamW (Loshchilov and Hutter 2019), whose decay spares the biases.
 * It takes rows, labels, the rate, the moments' corrections, parameters and moments; it gives the loss, and parameters and moments anew.
 */
export function stepGraph(
  shape: NetworkShape,
  standard: Standard,
  weightDecay: number,
): { onnx: Uint8Array; parameters: readonly Parameter[] } {
  const graph = new Graph()
  const rows = { name: INPUT, shape: [ROWS, shape.width] }
  const labels = { name: LABELS, shape: [ROWS, shape.outputs] }
  const scores = build(graph, standardised(graph, rows, standard), shape)
  const loss = lossOf(graph, shape.objective, scores, labels)
  const gradients = graph.gradients(loss)
  const scalars = ['rate', 'correction_1', 'correction_2'].map((name): Value => ({ name, shape: [] }))
  const kept = graph.parameters.flatMap((parameter) =>
    updated(graph, parameter, gradients.get(parameter.name)!, scalars, weightDecay),
  )
  const state = graph.parameters.flatMap(({ name, shape: size }) =>
    [name, ...momentsOf(name)].map((each): Value => ({ name: each, shape: size })),
  )
  state.forEach(({ name }, i) => {
    graph.nodes.push({ operator: 'Identity', inputs: [kept[i]!.name], outputs: [next(name)] })
  })
  graph.nodes.push({ operator: 'Identity', inputs: [loss.name], outputs: ['loss'] })
  const onnx = writeGraph({
    name: 'step',
    nodes: graph.nodes,
    constants: graph.constants,
    metadata: {},
    inputs: [rows, labels, ...scalars, ...state].map(shown),
    outputs: [
      { name: 'loss', shape: [] },
      ...state.map(({ name, shape: size }) => ({ name: next(name), shape: size })),
    ],
  })
  return { onnx, parameters: graph.parameters }
}

/** The mean loss of rows, as one ONNX file: it takes rows, labels and parameters, and gives the loss. */
export function lossGraph(shape: NetworkShape, standard: Standard): Uint8Array {
  const graph = new Graph()
  const rows = { name: INPUT, shape: [ROWS, shape.width] }
  const labels = { name: LABELS, shape: [ROWS, shape.outputs] }
  const scores = build(graph, standardised(graph, rows, standard), shape)
  const loss = lossOf(graph, shape.objective, scores, labels)
  return writeGraph({
    name: 'loss',
    nodes: [...graph.nodes, { operator: 'Identity', inputs: [loss.name], outputs: ['loss'] }],
    constants: graph.constants,
    metadata: {},
    inputs: [rows, labels, ...graph.parameters].map(shown),
    outputs: [{ name: 'loss', shape: [] }],
  })
}

const shown = ({ name, shape }: Value) => ({ name, shape: shape.map((size) => (size === ROWS ? 'rows' : size)) })

/** @returns the parameter and its moments after the step. */
function updated(
  graph: Graph,
  parameter: Parameter,
  gradient: Value,
  [rate, correction1, correction2]: readonly Value[],
  weightDecay: number,
): Value[] {
  const { name, shape } = parameter
  const on = (operator: string, ...inputs: Value[]) => graph.apply(operator, inputs, shape)
  const [first, second] = momentsOf(name).map((each): Value => ({ name: each, shape }))
  const blend = (before: Value, now: Value, decay: number) =>
    on('Add', on('Mul', before, graph.number(decay)), on('Mul', now, graph.number(1 - decay)))
  const mean = blend(first!, gradient, DECAYS[0])
  const square = blend(second!, on('Mul', gradient, gradient), DECAYS[1])
  const size = on('Add', on('Sqrt', on('Div', square, correction2!)), graph.number(EPSILON))
  const direction = on('Div', on('Div', mean, correction1!), size)
  const isBias = shape.length === 1
  const decayed = isBias ? direction : on('Add', direction, on('Mul', parameter, graph.number(weightDecay)))
  return [on('Sub', parameter, on('Mul', rate!, decayed)), mean, square]
}
