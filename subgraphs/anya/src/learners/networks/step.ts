import { INPUT, type OnnxNode, writeGraph } from '../../onnx/writer.ts'
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

/** What is learnt, all parameters one after another, and the two moments of its gradient: few tensors go in and out of a step. */
export const STATE = ['parameters', 'first', 'second'] as const
export const next = (name: string) => `next.${name}`

/**
 * One step of training as one ONNX file: forward, backward, and AdamW (Loshchilov and Hutter 2019), whose decay spares the biases.
 * It takes rows, labels, the rate, the moments' corrections and STATE; it gives the loss, and STATE anew.
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
  const size = [sizeOf(graph.parameters)]
  const state = STATE.map((name): Value => ({ name, shape: size }))
  const parts = graph.parameters.map(({ name, initial }) =>
    graph.apply('Reshape', [gradients.get(name)!, graph.whole(-1)], [initial.length]),
  )
  const gradient = graph.apply('Concat', parts, size, { axis: { int: 0 } })
  const decay = graph.parameters.map(({ shape: { length }, initial }) => {
    const isBias = length === 1
    return new Float32Array(initial.length).fill(isBias ? 0 : weightDecay)
  })
  const kept = updated(graph, state, gradient, scalars, graph.constant(size, joined(decay)))
  state.forEach(({ name }, i) => {
    graph.nodes.push({ operator: 'Identity', inputs: [kept[i]!.name], outputs: [next(name)] })
  })
  graph.nodes.push({ operator: 'Identity', inputs: [loss.name], outputs: ['loss'] })
  const onnx = writeGraph({
    name: 'step',
    nodes: [...unpacked(graph), ...graph.nodes],
    constants: graph.constants,
    metadata: {},
    inputs: [rows, labels, ...scalars, ...state].map(shown),
    outputs: [{ name: 'loss', shape: [] }, ...state.map(({ name }) => ({ name: next(name), shape: size }))],
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
    nodes: [...unpacked(graph), ...graph.nodes, { operator: 'Identity', inputs: [loss.name], outputs: ['loss'] }],
    constants: graph.constants,
    metadata: {},
    inputs: [rows, labels, { name: STATE[0], shape: [sizeOf(graph.parameters)] }].map(shown),
    outputs: [{ name: 'loss', shape: [] }],
  })
}

const shown = ({ name, shape }: Value) => ({ name, shape: shape.map((size) => (size === ROWS ? 'rows' : size)) })

/** Takes the parameters apart: what comes before all others. */
function unpacked(graph: Graph): OnnxNode[] {
  const { parameters } = graph
  const flat = (name: string) => `flat.${name}`
  const split = {
    operator: 'Split',
    inputs: [STATE[0], graph.whole(...parameters.map(({ initial }) => initial.length)).name],
    outputs: parameters.map(({ name }) => flat(name)),
  }
  const shaped = parameters.map(({ name, shape }) => ({
    operator: 'Reshape',
    inputs: [flat(name), graph.whole(...shape).name],
    outputs: [name],
  }))
  return [split, ...shaped]
}

const sizeOf = (parameters: readonly Parameter[]) => parameters.reduce((sum, { initial }) => sum + initial.length, 0)

/** All values one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let from = 0
  for (const part of parts) {
    result.set(part, from)
    from += part.length
  }
  return result
}

/** @returns parameters and moments after the step. */
function updated(
  graph: Graph,
  [parameters, first, second]: readonly Value[],
  gradient: Value,
  [rate, correction1, correction2]: readonly Value[],
  decay: Value,
): Value[] {
  const on = (operator: string, ...inputs: Value[]) => graph.apply(operator, inputs, gradient.shape)
  const blend = (before: Value, now: Value, weight: number) =>
    on('Add', on('Mul', before, graph.number(weight)), on('Mul', now, graph.number(1 - weight)))
  const mean = blend(first!, gradient, DECAYS[0])
  const square = blend(second!, on('Mul', gradient, gradient), DECAYS[1])
  const size = on('Add', on('Sqrt', on('Div', square, correction2!)), graph.number(EPSILON))
  const direction = on('Div', on('Div', mean, correction1!), size)
  const decayed = on('Add', direction, on('Mul', parameters!, decay))
  return [on('Sub', parameters!, on('Mul', rate!, decayed)), mean, square]
}
