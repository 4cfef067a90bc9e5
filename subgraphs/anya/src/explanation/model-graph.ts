import { type ProtobufField, readFields, readIntegers, readText } from '../onnx/protobuf-reader.ts'

/**
 * An ONNX file with its weights, as far as forms that are explained have them. Field numbers are those of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export interface ModelGraph {
  /** In the order in which they run. */
  readonly nodes: readonly GraphNode[]
  readonly constants: ReadonlyMap<string, ConstantTensor>
  readonly metadata: ReadonlyMap<string, string>
}

export interface GraphNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, AttributeValues>
}

export interface AttributeValues {
  readonly integers: readonly number[]
  readonly floats: Float32Array
  readonly strings: readonly string[]
}

export interface ConstantTensor {
  readonly shape: readonly number[]
  /** Row-major. */
  readonly values: Float64Array
}

const FLOAT = 1
const INT64 = 7

/** Throws `MalformedMessage` where the bytes are no model. */
export function readModelGraph(bytes: Uint8Array): ModelGraph {
  const nodes: GraphNode[] = []
  const constants = new Map<string, ConstantTensor>()
  const metadata = new Map<string, string>()
  for (const field of readFields(bytes)) {
    if (field.number === 14) {
      const [key = '', value = ''] = texts(field.bytes, [1, 2])
      metadata.set(key, value)
    }
    if (field.number !== 7) continue
    for (const part of readFields(field.bytes)) {
      if (part.number === 1) nodes.push(readNode(part.bytes))
      else if (part.number === 5) readTensor(part.bytes, constants)
    }
  }
  return { nodes, constants, metadata }
}

function texts(bytes: Uint8Array, numbers: readonly number[]): string[] {
  const fields = [...readFields(bytes)]
  return numbers.map((number) => readText(fields.find((field) => field.number === number)?.bytes ?? new Uint8Array()))
}

function readNode(bytes: Uint8Array): GraphNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, AttributeValues>()
  let operator = ''
  for (const field of readFields(bytes)) {
    if (field.number === 1) inputs.push(readText(field.bytes))
    else if (field.number === 2) outputs.push(readText(field.bytes))
    else if (field.number === 4) operator = readText(field.bytes)
    else if (field.number === 5) readAttribute(field.bytes, attributes)
  }
  return { operator, inputs, outputs, attributes }
}

function readAttribute(bytes: Uint8Array, attributes: Map<string, AttributeValues>): void {
  const integers: number[] = []
  const strings: string[] = []
  const floats: Float32Array[] = []
  let name = ''
  let text: Uint8Array | null = null
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = readText(field.bytes)
    else if (field.number === 2 || field.number === 7) floats.push(float32s(field.bytes))
    else if (field.number === 3) integers.push(field.integer)
    else if (field.number === 4 || field.number === 9) {
      // Of thousands of nodes each has its mode as a text, mostly that of the one before.
      const isSame = text !== null && Buffer.compare(text, field.bytes) === 0
      strings.push(isSame ? strings.at(-1)! : readText(field.bytes))
      text = field.bytes
    } else if (field.number === 8) for (const integer of readIntegers(field)) integers.push(integer)
  }
  const [only] = floats
  const all = floats.length === 1 && only ? only : Float32Array.from(floats.flatMap((part) => [...part]))
  attributes.set(name, { integers, strings, floats: all })
}

/** Tensors of other types than float32 and int64 are left out: whatever needs one is of no known form. */
function readTensor(bytes: Uint8Array, constants: Map<string, ConstantTensor>): void {
  const shape: number[] = []
  const parts: ProtobufField[] = []
  let [name, type] = ['', 0]
  for (const field of readFields(bytes)) {
    if (field.number === 1) for (const axis of readIntegers(field)) shape.push(axis)
    else if (field.number === 2) type = field.integer
    else if (field.number === 8) name = readText(field.bytes)
    else if (field.number === 4 || field.number === 7 || field.number === 9) parts.push(field)
  }
  if (type !== FLOAT && type !== INT64) return
  const values = parts.flatMap((part) => {
    if (part.number === 7) return [...readIntegers(part)]
    return type === FLOAT ? [...float32s(part.bytes)] : int64s(part.bytes)
  })
  if (values.length === shape.reduce((size, axis) => size * axis, 1))
    constants.set(name, { shape, values: Float64Array.from(values) })
}

/** Of bytes that need not lie at a multiple of four. */
function float32s(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, i) => view.getFloat32(i * 4, true))
}

function int64s(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.byteLength >> 3 }, (_, i) => Number(view.getBigInt64(i * 8, true)))
}
