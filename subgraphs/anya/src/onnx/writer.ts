import { littleEndian, ProtobufWriter } from './protobuf-writer.ts'

/** Field numbers and enums below are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). */
const IR_VERSION = 9
const OPSET_VERSION = 17
const ML_DOMAIN = 'ai.onnx.ml'
const ML_OPSET_VERSION = 3
const TENSOR = { FLOAT: 1, INT64: 7 } as const
const ATTRIBUTE = { INT: 2, STRING: 3, FLOATS: 6, INTS: 7, STRINGS: 8 } as const

export type Attribute =
  | { readonly int: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: Float32Array }
  | { readonly strings: readonly string[] }

export interface OnnxNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly machineLearning?: boolean
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** A constant of the graph: float32, or int64 as sizes and indexes are. */
export interface Constant {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array | BigInt64Array
}

/** A float32 input or output. Sizes of its axes; a text names a size that is only known when it runs. */
export interface GraphValue {
  readonly name: string
  readonly shape: readonly (number | string)[]
}

interface GraphBody {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly Constant[]
  readonly metadata: Readonly<Record<string, string>>
}

/** A graph from float32 `features` [rows, width] to float32 `probability` [rows, outputs]. */
export interface OnnxGraph extends GraphBody {
  readonly width: number
  /** 1 unless told. */
  readonly outputs?: number
}

/** A graph of any float32 inputs and outputs. */
export interface FreeGraph extends GraphBody {
  readonly inputs: readonly GraphValue[]
  readonly outputs: readonly GraphValue[]
}

export const INPUT = 'features'
export const OUTPUT = 'probability'

/** @returns the bytes of the ONNX file: the same graph gives the same bytes. */
export function writeOnnx({ width, outputs = 1, ...body }: OnnxGraph): Uint8Array {
  const value = (name: string, size: number) => ({ name, shape: ['rows', size] })
  return writeGraph({ ...body, inputs: [value(INPUT, width)], outputs: [value(OUTPUT, outputs)] })
}

/** @returns the bytes of the ONNX file: the same graph gives the same bytes. */
export function writeGraph(graph: FreeGraph): Uint8Array {
  const body = new ProtobufWriter()
  for (const node of graph.nodes) body.message(1, nodeMessage(node))
  body.string(2, graph.name)
  for (const constant of graph.constants) body.message(5, tensorMessage(constant))
  for (const input of graph.inputs) body.message(11, valueMessage(input))
  for (const output of graph.outputs) body.message(12, valueMessage(output))
  const model = new ProtobufWriter().int(1, IR_VERSION).string(2, 'opsource-anya').message(7, body)
  model.message(8, new ProtobufWriter().string(1, '').int(2, OPSET_VERSION))
  model.message(8, new ProtobufWriter().string(1, ML_DOMAIN).int(2, ML_OPSET_VERSION))
  for (const [key, value] of Object.entries(graph.metadata)) {
    model.message(14, new ProtobufWriter().string(1, key).string(2, value))
  }
  return model.finish()
}

function nodeMessage(node: OnnxNode): ProtobufWriter {
  const message = new ProtobufWriter()
  for (const input of node.inputs) message.string(1, input)
  for (const output of node.outputs) message.string(2, output)
  message.string(4, node.operator)
  for (const [name, attribute] of Object.entries(node.attributes ?? {}))
    message.message(5, attributeMessage(name, attribute))
  return node.machineLearning ? message.string(7, ML_DOMAIN) : message
}

function attributeMessage(name: string, attribute: Attribute): ProtobufWriter {
  const message = new ProtobufWriter().string(1, name)
  if ('int' in attribute) return message.int(3, attribute.int).int(20, ATTRIBUTE.INT)
  if ('string' in attribute) return message.string(4, attribute.string).int(20, ATTRIBUTE.STRING)
  if ('ints' in attribute) return message.packedInts(8, attribute.ints).int(20, ATTRIBUTE.INTS)
  if ('floats' in attribute) return message.packedFloats(7, attribute.floats).int(20, ATTRIBUTE.FLOATS)
  for (const value of attribute.strings) message.string(9, value)
  return message.int(20, ATTRIBUTE.STRINGS)
}

function tensorMessage(constant: Constant): ProtobufWriter {
  const isFloat = constant.values instanceof Float32Array
  return new ProtobufWriter()
    .packedInts(1, constant.shape)
    .int(2, isFloat ? TENSOR.FLOAT : TENSOR.INT64)
    .string(8, constant.name)
    .bytes(9, littleEndian(constant.values))
}

function valueMessage({ name, shape }: GraphValue): ProtobufWriter {
  const axes = new ProtobufWriter()
  for (const size of shape) {
    const axis = new ProtobufWriter()
    axes.message(1, typeof size === 'number' ? axis.int(1, size) : axis.string(2, size))
  }
  const tensor = new ProtobufWriter().int(1, TENSOR.FLOAT).message(2, axes)
  return new ProtobufWriter().string(1, name).message(2, new ProtobufWriter().message(1, tensor))
}
