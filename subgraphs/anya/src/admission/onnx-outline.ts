import { MalformedMessage, type ProtobufField, readFields, readIntegers, readText } from '../onnx/protobuf-reader.ts'

/**
 * What an ONNX file says of itself, without its weights. Field numbers are those of onnx.proto
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
 */
export interface OnnxOutline {
  readonly irVersion: number
  /** Version of each operator set that it uses, by domain; the standard one is ''. */
  readonly operatorSets: ReadonlyMap<string, number>
  readonly graph: GraphOutline
  /** Functions of its own, or instructions for training. */
  readonly hasOwnFunctions: boolean
}

export interface GraphOutline {
  readonly nodes: readonly NodeOutline[]
  readonly constants: readonly TensorOutline[]
  readonly inputs: readonly ValueOutline[]
  readonly outputs: readonly ValueOutline[]
  readonly hasSparseConstants: boolean
}

export interface NodeOutline {
  readonly name: string
  readonly operator: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, AttributeOutline>
}

export interface AttributeOutline {
  readonly integers: readonly number[]
  readonly strings: readonly string[]
  /** How many floats there are. */
  readonly floats: number
  readonly tensors: readonly TensorOutline[]
  /** Whether it holds graphs, sparse tensors or references: what loops, branches and functions are made of. */
  readonly isNested: boolean
}

export interface TensorOutline {
  readonly name: string
  readonly type: number
  readonly shape: readonly number[]
  /** Bytes that lie in the file itself; null where they are written as varints, one for each element. */
  readonly bytes: number | null
  /** Elements that lie in the file as varints or strings. */
  readonly elements: number
  readonly isExternal: boolean
}

export interface ValueOutline {
  readonly name: string
  /** Null where it is no tensor. */
  readonly type: number | null
  /** Null where the file does not say; of an axis null where it is dynamic. */
  readonly shape: readonly (number | null)[] | null
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Throws `MalformedMessage` where the bytes are no model. */
export function readOnnx(bytes: Uint8Array): OnnxOutline {
  const operatorSets = new Map<string, number>()
  let irVersion = 0
  let graph: GraphOutline | null = null
  let hasOwnFunctions = false
  for (const field of readFields(bytes)) {
    if (field.number === 1) irVersion = field.integer
    else if (field.number === 7) graph = readGraph(field.bytes)
    else if (field.number === 8) readOperatorSet(field.bytes, operatorSets)
    else if (field.number === 20 || field.number === 25) hasOwnFunctions = true
  }
  if (graph === null) throw new MalformedMessage('there is no graph')
  return { irVersion, operatorSets, graph, hasOwnFunctions }
}

function readOperatorSet(bytes: Uint8Array, sets: Map<string, number>): void {
  let [domain, version] = ['', 0]
  for (const field of readFields(bytes)) {
    if (field.number === 1) domain = readText(field.bytes)
    else if (field.number === 2) version = field.integer
  }
  sets.set(domain === 'ai.onnx' ? '' : domain, version)
}

function readGraph(bytes: Uint8Array): GraphOutline {
  const nodes: NodeOutline[] = []
  const constants: TensorOutline[] = []
  const inputs: ValueOutline[] = []
  const outputs: ValueOutline[] = []
  let hasSparseConstants = false
  for (const field of readFields(bytes)) {
    if (field.number === 1) nodes.push(readNode(field.bytes))
    else if (field.number === 5) constants.push(readTensor(field.bytes))
    else if (field.number === 11) inputs.push(readValue(field.bytes))
    else if (field.number === 12) outputs.push(readValue(field.bytes))
    else if (field.number === 15) hasSparseConstants = true
  }
  return { nodes, constants, inputs, outputs, hasSparseConstants }
}

function readNode(bytes: Uint8Array): NodeOutline {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, AttributeOutline>()
  let [name, operator, domain] = ['', '', '']
  for (const field of readFields(bytes)) {
    if (field.number === 1) inputs.push(readText(field.bytes))
    else if (field.number === 2) outputs.push(readText(field.bytes))
    else if (field.number === 3) name = readText(field.bytes)
    else if (field.number === 4) operator = readText(field.bytes)
    else if (field.number === 5) attributes.set(...readAttribute(field.bytes))
    else if (field.number === 7) domain = readText(field.bytes)
  }
  return { name, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes }
}

function readAttribute(bytes: Uint8Array): [string, AttributeOutline] {
  const integers: number[] = []
  const strings: string[] = []
  const tensors: TensorOutline[] = []
  let [name, floats, isNested] = ['', 0, false]
  for (const field of readFields(bytes)) {
    if (field.number === 1) name = readText(field.bytes)
    else if (field.number === 3) integers.push(field.integer)
    else if (field.number === 4 || field.number === 9) strings.push(readText(field.bytes))
    else if (field.number === 5 || field.number === 10) tensors.push(readTensor(field.bytes))
    else if (field.number === 2 || field.number === 7) floats += field.bytes.length / 4
    else if (field.number === 8) for (const integer of readIntegers(field)) integers.push(integer)
    else if ([6, 11, 14, 15, 21, 22, 23].includes(field.number)) isNested = true
  }
  return [name, { integers, strings, floats, tensors, isNested }]
}

/** Of a tensor's fields those that hold elements of a fixed size: floats, raw bytes, doubles. */
const FIXED_SIZE_FIELDS = [4, 9, 10]
/** And those that hold one varint or string for each: int32, string, int64, uint64. */
const VARYING_FIELDS = [5, 6, 7, 11]

function readTensor(bytes: Uint8Array): TensorOutline {
  const shape: number[] = []
  const tensor: Mutable<TensorOutline> = { name: '', type: 0, shape, bytes: null, elements: 0, isExternal: false }
  for (const field of readFields(bytes)) {
    if (field.number === 1) for (const axis of readIntegers(field)) shape.push(axis)
    else if (field.number === 2) tensor.type = field.integer
    else if (field.number === 8) tensor.name = readText(field.bytes)
    else if (field.number === 13) tensor.isExternal = true
    else if (field.number === 14) tensor.isExternal ||= field.integer !== 0
    else if (FIXED_SIZE_FIELDS.includes(field.number)) tensor.bytes = (tensor.bytes ?? 0) + field.bytes.length
    else if (VARYING_FIELDS.includes(field.number)) tensor.elements += countOf(field)
  }
  return tensor
}

function countOf(field: ProtobufField): number {
  if (field.number === 6) return 1
  let count = 0
  for (const _ of readIntegers(field)) count++
  return count
}

function readValue(bytes: Uint8Array): ValueOutline {
  const value: Mutable<ValueOutline> = { name: '', type: null, shape: null }
  for (const field of readFields(bytes)) {
    if (field.number === 1) value.name = readText(field.bytes)
    if (field.number !== 2) continue
    for (const kind of readFields(field.bytes)) {
      if (kind.number !== 1) continue
      for (const tensor of readFields(kind.bytes)) {
        if (tensor.number === 1) value.type = tensor.integer
        else if (tensor.number === 2) value.shape = [...readFields(tensor.bytes)].map((axis) => readAxis(axis.bytes))
      }
    }
  }
  return value
}

function readAxis(bytes: Uint8Array): number | null {
  for (const field of readFields(bytes)) if (field.number === 1) return field.integer
  return null
}
