import { err, ok, type Result } from '@opsource/kernel'
import type { Signature, TensorShape } from '../inference/index.ts'
import { widthOf } from '../inference/index.ts'
import { MalformedMessage } from '../onnx/protobuf-reader.ts'
import { type GraphOutline, type OnnxOutline, readOnnx, type TensorOutline, type ValueOutline } from './onnx-outline.ts'
import { ALLOWED_OPERATORS, OPERATOR_SETS } from './operators.ts'
import { Rejected, type Rejection } from './rejection.ts'
import { checkSizes } from './tensor-sizes.ts'
import { checkTrees } from './tree-ensemble.ts'

/** The oldest with weights apart from inputs, and the newest that onnxruntime reads. */
const IR_VERSIONS = { oldest: 4, newest: 11 } as const
/** The largest that we train has some 4,000 as a training graph, and a dozen to serve. */
const MAX_NODES = 5_000
const MAX_AXES = 8
const FLOAT = 1
/** Bytes of an element, by the number that onnx.proto gives its type: float, uint8, int8, int32, int64, bool, float16, double. */
const ELEMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [FLOAT, 4],
  [2, 1],
  [3, 1],
  [6, 4],
  [7, 8],
  [9, 1],
  [10, 2],
  [11, 8],
])
const TREES = /^TreeEnsemble/

export interface InspectionRules {
  readonly allowedOperators: ReadonlyMap<string, ReadonlySet<string>>
}

/** Reads a foreign file, and holds what it says of itself to the signature, without running anything of it. */
export function inspectModel(
  onnx: Uint8Array,
  signature: Signature,
  rules: InspectionRules = { allowedOperators: ALLOWED_OPERATORS },
): Result<OnnxOutline, Rejection> {
  try {
    const outline = readOnnx(onnx)
    checkVersions(outline)
    checkTensors(outline.graph)
    checkOperators(outline, rules)
    checkOrder(outline.graph)
    checkSignature(outline.graph, signature)
    checkSizes(outline.graph, signature.input.name)
    for (const node of outline.graph.nodes) {
      if (TREES.test(node.operator)) checkTrees(node, outline.graph, signature.input.name, widthOf(signature.input))
    }
    return ok(outline)
  } catch (error) {
    if (error instanceof Rejected) return err(error.rejection)
    if (error instanceof MalformedMessage) return err({ check: 'FORMAT', message: `No ONNX model: ${error.message}.` })
    throw error
  }
}

function checkVersions({ irVersion, operatorSets, hasOwnFunctions }: OnnxOutline): void {
  if (irVersion < IR_VERSIONS.oldest || irVersion > IR_VERSIONS.newest) {
    throw new Rejected('FORMAT', `IR version ${irVersion} is not from ${IR_VERSIONS.oldest} to ${IR_VERSIONS.newest}.`)
  }
  if (hasOwnFunctions) throw new Rejected('OPERATOR', 'The file brings functions of its own.')
  if (!operatorSets.has('') && !operatorSets.has('ai.onnx.ml')) {
    throw new Rejected('OPERATOR_SET', 'The file names no operator set.')
  }
  for (const [domain, version] of operatorSets) {
    const known = OPERATOR_SETS.get(domain)
    if (!known) throw new Rejected('OPERATOR_SET', `Operators of ${domain} are not served.`)
    if (version < known.oldest || version > known.newest) {
      const name = domain || 'ai.onnx'
      throw new Rejected('OPERATOR_SET', `${name} ${version} is not from ${known.oldest} to ${known.newest}.`, {
        observed: version,
        limit: version < known.oldest ? known.oldest : known.newest,
      })
    }
  }
}

function checkTensors(graph: GraphOutline): void {
  if (graph.hasSparseConstants) throw new Rejected('FORMAT', 'Sparse weights are not served.')
  for (const tensor of graph.constants) checkTensor(tensor)
  for (const { attributes } of graph.nodes)
    for (const { tensors } of attributes.values()) for (const tensor of tensors) checkTensor(tensor)
}

function checkTensor({ name, type, shape, bytes, elements, isExternal }: TensorOutline): void {
  const label = name || 'A constant'
  if (isExternal) throw new Rejected('EXTERNAL_DATA', `${label} lies in another file.`)
  const size = ELEMENT_BYTES.get(type)
  if (size === undefined) throw new Rejected('FORMAT', `${label} has elements of a type that is not served: ${type}.`)
  if (shape.length > MAX_AXES || shape.some((axis) => !Number.isSafeInteger(axis) || axis < 0)) {
    throw new Rejected('FORMAT', `${label} has no possible shape.`)
  }
  const wanted = shape.reduce((product, axis) => product * axis, 1)
  const given = bytes === null ? elements : bytes / size
  if (wanted !== given) {
    throw new Rejected('FORMAT', `${label} says that it has ${wanted} elements, and brings ${given}.`, {
      observed: given,
      limit: wanted,
    })
  }
}

function checkOperators({ graph, operatorSets }: OnnxOutline, { allowedOperators }: InspectionRules): void {
  if (graph.nodes.length === 0) throw new Rejected('GRAPH', 'The graph has no nodes.')
  if (graph.nodes.length > MAX_NODES) {
    throw new Rejected('GRAPH', 'The graph has too many nodes.', { observed: graph.nodes.length, limit: MAX_NODES })
  }
  for (const { operator, domain, attributes } of graph.nodes) {
    const name = domain === '' ? operator : `${domain}.${operator}`
    if (!operatorSets.has(domain))
      throw new Rejected('OPERATOR_SET', `${name} is of a set that the file does not name.`)
    const isAllowed = allowedOperators.get(domain)?.has(operator) === true
    if (!isAllowed) throw new Rejected('OPERATOR', `${name} is not served.`)
    if (allowedOperators === ALLOWED_OPERATORS && [...attributes.values()].some(({ isNested }) => isNested)) {
      throw new Rejected('OPERATOR', `${name} holds a graph of its own.`)
    }
  }
}

/** ONNX wants nodes in an order in which each takes what is there already; then there is no cycle. */
function checkOrder({ nodes, constants, inputs, outputs }: GraphOutline): void {
  const known = new Set([...constants, ...inputs].map(({ name }) => name))
  if (known.size < constants.length) throw new Rejected('GRAPH', 'Two constants have the same name.')
  const later = new Set(nodes.flatMap((node) => node.outputs))
  for (const { name, operator, inputs, outputs } of nodes) {
    for (const input of inputs) {
      if (input === '' || known.has(input)) continue
      const why = later.has(input) ? 'comes after it: the graph has a cycle' : 'nothing gives'
      throw new Rejected('GRAPH', `${name || operator} takes ${input}, which ${why}.`)
    }
    for (const output of outputs) {
      if (output === '') continue
      if (known.has(output)) throw new Rejected('GRAPH', `${output} is given twice.`)
      known.add(output)
    }
  }
  for (const { name } of outputs) if (!known.has(name)) throw new Rejected('GRAPH', `Nothing gives ${name}.`)
}

function checkSignature({ constants, inputs, outputs }: GraphOutline, signature: Signature): void {
  const constantNames = new Set(constants.map(({ name }) => name))
  const [input, ...others] = inputs.filter(({ name }) => !constantNames.has(name))
  if (input?.name !== signature.input.name || others.length > 0) {
    throw new Rejected('SIGNATURE', `The graph does not take ${signature.input.name} alone.`)
  }
  const output = outputs.find(({ name }) => name === signature.output.name)
  if (!output) throw new Rejected('SIGNATURE', `The graph does not give ${signature.output.name}.`)
  checkValue(input, signature.input)
  checkValue(output, signature.output)
}

/** What the file leaves open, running it will tell. */
function checkValue({ name, type, shape }: ValueOutline, { tail }: TensorShape): void {
  if (type !== FLOAT) throw new Rejected('SIGNATURE', `${name} is no float32 tensor.`)
  if (shape === null) return
  const [rows, ...rest] = shape
  const shown = shape.map((axis) => axis ?? '?').join('×')
  if (rows !== null) throw new Rejected('SIGNATURE', `${name} is ${shown}: its first axis has to be dynamic.`)
  const fits = rest.length === tail.length && rest.every((axis, i) => axis === null || axis === tail[i])
  if (!fits) throw new Rejected('SIGNATURE', `${name} is ${shown} instead of ${['?', ...tail].join('×')}.`)
}
