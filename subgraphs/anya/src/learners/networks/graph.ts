import type { Attribute, Constant, OnnxNode } from '../../onnx/writer.ts'

/** The axis of rows: its size is known when the graph runs. */
export const ROWS = -1

/** A tensor of the graph. */
export interface Value {
  readonly name: string
  readonly shape: readonly number[]
}

/** A tensor that is learnt, with what it begins as. */
export interface Parameter extends Value {
  readonly initial: Float32Array
}

/** Gives the gradients of an operation's inputs from those of its outputs, in their order. */
type Backward = (...gradients: Value[]) => readonly (readonly [Value, Value])[]

const FLOAT = 1

/**
 * An ONNX graph that is written operation by operation, with a tape of how to differentiate it: `gradients` writes the backward pass as
 * further operations of the same graph (reverse accumulation, Linnainmaa 1970), so that onnxruntime, which only runs graphs, trains.
 */
export class Graph {
  readonly nodes: OnnxNode[] = []
  readonly constants: Constant[] = []
  readonly parameters: Parameter[] = []
  readonly #tape: { readonly outputs: readonly Value[]; readonly backward: Backward }[] = []
  #count = 0

  /** One operation, not differentiated. */
  apply(
    operator: string,
    inputs: readonly Value[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const name = `${operator.toLowerCase()}_${this.#count++}`
    this.nodes.push({ operator, inputs: inputs.map((input) => input.name), outputs: [name], attributes })
    return { name, shape }
  }

  parameter(name: string, shape: readonly number[], initial: Float32Array): Parameter {
    const parameter = { name, shape, initial }
    this.parameters.push(parameter)
    return parameter
  }

  constant(shape: readonly number[], values: Float32Array | BigInt64Array): Value {
    const name = `constant_${this.#count++}`
    this.constants.push({ name, shape, values })
    return { name, shape }
  }

  number(value: number): Value {
    return this.constant([], Float32Array.of(value))
  }

  whole(...values: number[]): Value {
    return this.constant([values.length], BigInt64Array.from(values, BigInt))
  }

  /** Of two matrices. */
  multiplyMatrices(a: Value, b: Value): Value {
    const output = this.apply('MatMul', [a, b], [a.shape[0]!, b.shape[1]!])
    return this.#record(output, (gradient) => [
      [a, this.apply('MatMul', [gradient, this.#transposed(b)], a.shape)],
      [b, this.apply('MatMul', [this.#transposed(a), gradient], b.shape)],
    ])
  }

  /** Adds the same to every row of a matrix. */
  addBias(a: Value, bias: Value): Value {
    return this.#record(this.apply('Add', [a, bias], a.shape), (gradient) => [
      [a, gradient],
      [bias, this.apply('ReduceSum', [gradient, this.whole(0)], bias.shape, { keepdims: { int: 0 } })],
    ])
  }

  add(a: Value, b: Value): Value {
    return this.#record(this.apply('Add', [a, b], a.shape), (gradient) => [
      [a, gradient],
      [b, gradient],
    ])
  }

  subtract(a: Value, b: Value): Value {
    return this.#record(this.apply('Sub', [a, b], a.shape), (gradient) => [
      [a, gradient],
      [b, this.apply('Neg', [gradient], b.shape)],
    ])
  }

  multiply(a: Value, b: Value): Value {
    return this.#record(this.apply('Mul', [a, b], a.shape), (gradient) => [
      [a, this.apply('Mul', [gradient, b], a.shape)],
      [b, this.apply('Mul', [gradient, a], b.shape)],
    ])
  }

  relu(a: Value): Value {
    const output = this.apply('Relu', [a], a.shape)
    return this.#record(output, (gradient) => [
      [a, this.apply('Mul', [gradient, this.apply('Sign', [output], a.shape)], a.shape)],
    ])
  }

  tanh(a: Value): Value {
    const output = this.apply('Tanh', [a], a.shape)
    return this.#record(output, (gradient) => {
      const square = this.apply('Mul', [output, output], a.shape)
      const slope = this.apply('Sub', [this.number(1), square], a.shape)
      return [[a, this.apply('Mul', [gradient, slope], a.shape)]]
    })
  }

  sigmoid(a: Value): Value {
    const output = this.apply('Sigmoid', [a], a.shape)
    return this.#record(output, (gradient) => {
      const rest = this.apply('Sub', [this.number(1), output], a.shape)
      const slope = this.apply('Mul', [output, rest], a.shape)
      return [[a, this.apply('Mul', [gradient, slope], a.shape)]]
    })
  }

  reshape(a: Value, shape: readonly number[]): Value {
    return this.#record(this.apply('Reshape', [a, this.whole(...shape)], shape), (gradient) => [
      [a, this.apply('Reshape', [gradient, this.whole(...a.shape)], a.shape)],
    ])
  }

  /** What lies from `from` to before `to` along the axis. */
  slice(a: Value, axis: number, from: number, to: number): Value {
    const padding = a.shape.flatMap(() => [0, 0])
    padding[axis] = from
    padding[a.shape.length + axis] = a.shape[axis]! - to
    return this.#record(this.#cut(a, axis, from, to), (gradient) => [
      [a, this.apply('Pad', [gradient, this.whole(...padding)], a.shape)],
    ])
  }

  /** Parts of these sizes, one after another along the axis: all at once, forth and back. */
  split(a: Value, axis: number, sizes: readonly number[]): Value[] {
    const outputs = sizes.map((size): Value => ({ name: `part_${this.#count++}`, shape: a.shape.with(axis, size) }))
    const attributes = { axis: { int: axis } }
    const inputs = [a.name, this.whole(...sizes).name]
    this.nodes.push({ operator: 'Split', inputs, outputs: outputs.map(({ name }) => name), attributes })
    const backward = (...gradients: Value[]) => [[a, this.apply('Concat', gradients, a.shape, attributes)] as const]
    this.#tape.push({ outputs, backward })
    return outputs
  }

  /** Of [rows, steps, channels] what was `steps` before, zeros before the first: nothing looks ahead. */
  delay(a: Value, steps: number): Value {
    const length = a.shape[1]!
    const output = this.apply('Pad', [this.#cut(a, 1, 0, length - steps), this.whole(0, steps, 0, 0, 0, 0)], a.shape)
    return this.#record(output, (gradient) => [
      [a, this.apply('Pad', [this.#cut(gradient, 1, steps, length), this.whole(0, 0, 0, 0, steps, 0)], a.shape)],
    ])
  }

  join(parts: readonly Value[], axis: number): Value {
    const size = parts.reduce((sum, part) => sum + part.shape[axis]!, 0)
    const shape = parts[0]!.shape.with(axis, size)
    return this.#record(this.apply('Concat', parts, shape, { axis: { int: axis } }), (gradient) => {
      let from = 0
      return parts.map((part) => {
        const begin = from
        from += part.shape[axis]!
        return [part, this.#cut(gradient, axis, begin, from)] as const
      })
    })
  }

  /** A number whose gradient by `answer` is given: the end of every tape. */
  loss(output: Value, answer: Value, gradient: Value): Value {
    return this.#record(output, () => [[answer, gradient]])
  }

  /** How many numbers a tensor holds. */
  sizeOf(a: Value): Value {
    return this.apply('Cast', [this.apply('Size', [a], [])], [], { to: { int: FLOAT } })
  }

  /** Writes the backward pass. @returns the gradient of the loss by each tensor that it depends on, by name. */
  gradients(loss: Value): ReadonlyMap<string, Value> {
    const found = new Map<string, Value>([[loss.name, loss]])
    for (const { outputs, backward } of this.#tape.toReversed()) {
      if (!outputs.some(({ name }) => found.has(name))) continue
      const gradients = outputs.map((output) => found.get(output.name) ?? this.#zeros(output))
      for (const [input, part] of backward(...gradients)) {
        const before = found.get(input.name)
        found.set(input.name, before ? this.apply('Add', [before, part], input.shape) : part)
      }
    }
    return found
  }

  #cut(a: Value, axis: number, from: number, to: number): Value {
    return this.apply('Slice', [a, this.whole(from), this.whole(to), this.whole(axis)], a.shape.with(axis, to - from))
  }

  #transposed(a: Value): Value {
    return this.apply('Transpose', [a], [a.shape[1]!, a.shape[0]!], { perm: { ints: [1, 0] } })
  }

  #record(output: Value, backward: (gradient: Value) => ReturnType<Backward>): Value {
    this.#tape.push({ outputs: [output], backward: (...[gradient]) => backward(gradient!) })
    return output
  }

  /** The gradient of what the loss does not depend on. */
  #zeros(a: Value): Value {
    return this.apply('Mul', [a, this.number(0)], a.shape)
  }
}
