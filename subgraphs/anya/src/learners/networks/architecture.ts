import { type Random, seededRandom } from '@opsource/kernel'
import { type Graph, ROWS, type Value } from './graph.ts'

/** The shape of a network. Of sequences a row holds `steps` times as many columns, the oldest step first. */
export type Architecture =
  /** Layers of so many units, each followed by what bends. */
  | { readonly kind: 'MLP'; readonly hidden: readonly number[] }
  /** Causal convolutions over three steps each, `dilations` apart (Bai, Kolter and Koltun 2018). */
  | { readonly kind: 'TCN'; readonly steps: number; readonly channels: number; readonly dilations: readonly number[] }
  /** Gated recurrent units (Cho et al. 2014), the reset gate after the matrix as cuDNN and onnxruntime compute it. */
  | { readonly kind: 'GRU'; readonly steps: number; readonly units: number }

/** What bends between layers. Networks are checked by differences with `TANH`, which has no kinks. */
export type Bend = 'RELU' | 'TANH'

const KERNEL = 3

/** @returns the raw scores [rows, outputs] of standardised rows [rows, width]. Parameters begin as the seed says. */
export function build(
  graph: Graph,
  rows: Value,
  {
    architecture,
    outputs,
    seed,
    bend = 'RELU',
  }: { architecture: Architecture; outputs: number; seed: number; bend?: Bend },
): Value {
  const random = seededRandom(seed)
  const bent = (value: Value) => (bend === 'RELU' ? graph.relu(value) : graph.tanh(value))
  const dense = (input: Value, name: string, size: number) => {
    const width = input.shape[1]!
    const weights = graph.parameter(`${name}.weights`, [width, size], glorot(random, width, size))
    const bias = graph.parameter(`${name}.bias`, [size], new Float32Array(size))
    return graph.addBias(graph.multiplyMatrices(input, weights), bias)
  }
  switch (architecture.kind) {
    case 'MLP': {
      const last = architecture.hidden.reduce((input, size, i) => bent(dense(input, `layer_${i + 1}`, size)), rows)
      return dense(last, 'output', outputs)
    }
    case 'TCN': {
      const { steps, channels, dilations } = architecture
      let sequence = graph.reshape(rows, [ROWS, steps, rows.shape[1]! / steps])
      for (const [i, dilation] of dilations.entries()) {
        const taps = Array.from({ length: KERNEL }, (_, k) =>
          k === 0 ? sequence : graph.delay(sequence, k * dilation),
        )
        const flat = graph.reshape(graph.join(taps, 2), [ROWS, KERNEL * sequence.shape[2]!])
        const next = graph.reshape(bent(dense(flat, `layer_${i + 1}`, channels)), [ROWS, steps, channels])
        sequence = sequence.shape[2] === channels ? graph.add(next, sequence) : next
      }
      const last = graph.reshape(graph.slice(sequence, 1, steps - 1, steps), [ROWS, channels])
      return dense(last, 'output', outputs)
    }
    case 'GRU': {
      const { steps, units } = architecture
      const columns = rows.shape[1]! / steps
      const gates = 3 * units
      const flat = graph.reshape(rows, [ROWS, columns])
      const inputs = graph.reshape(dense(flat, 'input', gates), [ROWS, steps * gates])
      const weights = graph.parameter('state.weights', [units, gates], glorot(random, units, gates))
      const bias = graph.parameter('state.bias', [gates], new Float32Array(gates))
      let state: Value | null = null
      for (const input of graph.split(inputs, 1, new Array<number>(steps).fill(gates)))
        state = nextState(graph, input, state ?? nothing(graph, input, units), { weights, bias, units })
      return dense(state ?? rows, 'output', outputs)
    }
  }
}

interface Recurrence {
  readonly weights: Value
  readonly bias: Value
  readonly units: number
}

function nextState(graph: Graph, input: Value, state: Value, { weights, bias, units }: Recurrence): Value {
  const memory = graph.addBias(graph.multiplyMatrices(state, weights), bias)
  const [inputGates, inputProposal] = graph.split(input, 1, [2 * units, units])
  const [memoryGates, memoryProposal] = graph.split(memory, 1, [2 * units, units])
  const [update, reset] = graph.split(graph.sigmoid(graph.add(inputGates!, memoryGates!)), 1, [units, units])
  const proposal = graph.tanh(graph.add(inputProposal!, graph.multiply(reset!, memoryProposal!)))
  return graph.add(proposal, graph.multiply(update!, graph.subtract(state, proposal)))
}

/** A state of zeros for each row. */
function nothing(graph: Graph, input: Value, units: number): Value {
  const part = graph.apply('Slice', [input, graph.whole(0), graph.whole(units), graph.whole(1)], [ROWS, units])
  return graph.apply('Mul', [part, graph.number(0)], [ROWS, units])
}

/** Glorot and Bengio 2010. */
function glorot(random: Random, inputs: number, outputs: number): Float32Array {
  const limit = Math.sqrt(6 / (inputs + outputs))
  return Float32Array.from({ length: inputs * outputs }, () => (2 * random.next() - 1) * limit)
}
