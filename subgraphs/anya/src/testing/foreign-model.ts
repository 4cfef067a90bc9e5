import { littleEndian, ProtobufWriter } from '../onnx/protobuf-writer.ts'

const FLOAT = 1
const INT64 = 7
const BOOL = 9
const ATTRIBUTE = { INT: 2, STRING: 3, TENSOR: 4, GRAPH: 5, FLOATS: 6, INTS: 7, STRINGS: 8 } as const

export interface ForeignTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array | readonly number[]
  /** A file beside the model's in which it says its values lie. */
  readonly location?: string
}

type ForeignAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Float32Array
  | { readonly tensor: ForeignTensor }
  | { readonly graph: ForeignGraph }

export interface ForeignNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly domain?: string
  readonly attributes?: Readonly<Record<string, ForeignAttribute>>
}

export interface ForeignValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
  /** float32 unless told. */
  readonly type?: number
}

export interface ForeignGraph {
  readonly inputs: readonly ForeignValue[]
  readonly outputs: readonly ForeignValue[]
  readonly nodes: readonly ForeignNode[]
  readonly constants?: readonly ForeignTensor[]
}

export interface ForeignModel extends ForeignGraph {
  readonly irVersion?: number
  readonly operatorSets?: Readonly<Record<string, number>>
}

/** An ONNX file as some framework, or somebody with bad intentions, could write it: nothing is checked. */
export function foreignModel(model: ForeignModel): Uint8Array<ArrayBuffer> {
  const message = new ProtobufWriter().int(1, model.irVersion ?? 9).message(7, graphMessage(model))
  for (const [domain, version] of Object.entries(model.operatorSets ?? { '': 17, 'ai.onnx.ml': 3 })) {
    message.message(8, new ProtobufWriter().string(1, domain).int(2, version))
  }
  return Uint8Array.from(message.finish())
}

/** Turns `x`, of shape [N, 1], so often before it gives it back as `y` that a thread is long at it: about a microsecond a time. */
export function turningModel(times: number): ForeignModel {
  const body = {
    inputs: [
      { name: 'turn', shape: [], type: INT64 },
      { name: 'go', shape: [], type: BOOL },
      { name: 'before', shape: ['N', 1] },
    ],
    outputs: [
      { name: 'again', shape: [], type: BOOL },
      { name: 'after', shape: ['N', 1] },
    ],
    nodes: [
      { operator: 'Identity', inputs: ['go'], outputs: ['again'] },
      { operator: 'Neg', inputs: ['before'], outputs: ['after'] },
    ],
  }
  return {
    inputs: [{ name: 'x', shape: ['N', 1] }],
    outputs: [{ name: 'y', shape: ['N', 1] }],
    nodes: [{ operator: 'Loop', inputs: ['turns', '', 'x'], outputs: ['y'], attributes: { body: { graph: body } } }],
    constants: [{ name: 'turns', shape: [], values: [times] }],
  }
}

function graphMessage({ nodes, constants = [], inputs, outputs }: ForeignGraph): ProtobufWriter {
  const graph = new ProtobufWriter()
  for (const node of nodes) graph.message(1, nodeMessage(node))
  graph.string(2, 'foreign')
  for (const constant of constants) graph.message(5, tensorMessage(constant))
  for (const input of inputs) graph.message(11, valueMessage(input))
  for (const output of outputs) graph.message(12, valueMessage(output))
  return graph
}

function nodeMessage({ operator, inputs, outputs, domain, attributes = {} }: ForeignNode): ProtobufWriter {
  const node = new ProtobufWriter()
  for (const input of inputs) node.string(1, input)
  for (const output of outputs) node.string(2, output)
  node.string(4, operator)
  for (const [name, value] of Object.entries(attributes)) node.message(5, attributeMessage(name, value))
  return domain === undefined ? node : node.string(7, domain)
}

function attributeMessage(name: string, value: ForeignAttribute): ProtobufWriter {
  const attribute = new ProtobufWriter().string(1, name)
  if (typeof value === 'number') return attribute.int(3, value).int(20, ATTRIBUTE.INT)
  if (typeof value === 'string') return attribute.string(4, value).int(20, ATTRIBUTE.STRING)
  if (value instanceof Float32Array) return attribute.packedFloats(7, value).int(20, ATTRIBUTE.FLOATS)
  if ('tensor' in value) return attribute.message(5, tensorMessage(value.tensor)).int(20, ATTRIBUTE.TENSOR)
  if ('graph' in value) return attribute.message(6, graphMessage(value.graph)).int(20, ATTRIBUTE.GRAPH)
  let isText = false
  for (const each of value) {
    // As Python writes them: one field for each.
    if (typeof each === 'number') attribute.int(8, each)
    else {
      isText = true
      attribute.string(9, each)
    }
  }
  return attribute.int(20, isText ? ATTRIBUTE.STRINGS : ATTRIBUTE.INTS)
}

function tensorMessage({ name, shape, values, location }: ForeignTensor): ProtobufWriter {
  const tensor = new ProtobufWriter()
  for (const axis of shape) tensor.int(1, axis)
  const isFloat = values instanceof Float32Array
  tensor.int(2, isFloat ? FLOAT : INT64).string(8, name)
  if (location !== undefined) {
    return tensor.message(13, new ProtobufWriter().string(1, 'location').string(2, location)).int(14, 1)
  }
  return tensor.bytes(9, isFloat ? littleEndian(values) : new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
}

function valueMessage({ name, shape, type = FLOAT }: ForeignValue): ProtobufWriter {
  const axes = new ProtobufWriter()
  for (const axis of shape) {
    axes.message(1, typeof axis === 'number' ? new ProtobufWriter().int(1, axis) : new ProtobufWriter().string(2, axis))
  }
  const tensor = new ProtobufWriter().int(1, type).message(2, axes)
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor))
}
