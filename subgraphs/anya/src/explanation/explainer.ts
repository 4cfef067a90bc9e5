import { err, ok, type Result } from '@opsource/kernel'
import { type Signature, widthOf } from '../inference/index.ts'
import { MalformedMessage } from '../onnx/protobuf-reader.ts'
import { readForest } from './forest.ts'
import { ForestExplainer } from './forest-explainer.ts'
import { type GraphNode, type ModelGraph, readModelGraph } from './model-graph.ts'
import { OPERATORS } from './operators.ts'
import { UnknownForm } from './unknown-form.ts'
import { type Column, type Scale, totalOf, type Value } from './values.ts'

/** More reference rows cost memory and, where they fulfil paths differently, time. */
const MAX_REFERENCE_ROWS = 64
const FOREST = 'TreeEnsembleRegressor'

/** Why one number of a forecast is what it is: `total` = `base` + all `contributions`, on `scale`. */
export interface Explanation {
  /** Of the output's column, as the file's metadata name it; otherwise the tensor's name, numbered where it has several columns. */
  readonly name: string
  /** What the sum is: the number itself, the logarithm of its odds, its logarithm, or a class's score. */
  readonly scale: Scale
  /** What the file gives on the mean of the reference rows. */
  readonly base: number
  /** One a feature, in the order of the model's features. */
  readonly contributions: Float64Array
  readonly total: number
}

/** What is explained: the very file that serves. */
export interface ExplainedFile {
  readonly onnx: Uint8Array
  readonly signature: Signature
  /**
   * Rows that the explained row is compared with: those of the version's evaluation (`evaluation.sample.rows`). Of more than 64, so many
   * spread over them. Trees need some; a linear file without any is compared with zeros, or with its own means where it has them.
   */
  readonly reference?: readonly (readonly number[])[]
}

/** Shapley values of a file's outputs: exact, without running it, some microseconds (linear) to milliseconds (thousands of trees). */
export interface Explainer {
  /** @param row one row of features. @returns one explanation for each column of the output. */
  explain(row: Float32Array): Explanation[]
}

/**
 * Known forms are all that our own training writes: trees (TreeEnsembleRegressor) and linear models of features, each of which may be
 * scaled, limited or replaced where it is missing, and what is made of them by sums, constants, slices, sorting and a last Sigmoid, Exp
 * or Softmax. The contributions are Shapley values of the game whose value of a set of features is the output's mean over the reference
 * rows with that set taken from the explained row (Lundberg and Lee 2017; of trees see `ForestExplainer`).
 * @returns why there is none: the file is of another form, as networks are.
 */
export function explainerOf(file: ExplainedFile): Result<Explainer, string> {
  try {
    const explainer = new GraphExplainer(file)
    // What is of no known form shows on any row.
    explainer.explain(new Float32Array(widthOf(file.signature.input)))
    return ok(explainer)
  } catch (error) {
    if (error instanceof UnknownForm || error instanceof MalformedMessage) return err(error.message)
    throw error
  }
}

class GraphExplainer implements Explainer {
  readonly #graph: ModelGraph
  readonly #signature: Signature
  readonly #width: number
  readonly #nodes: readonly GraphNode[]
  readonly #forests: ReadonlyMap<GraphNode, ForestExplainer>
  /** By feature, behind an empty place for the explained row. */
  readonly #reference: readonly Float64Array[]
  readonly #names: readonly string[]

  constructor({ onnx, signature, reference = [] }: ExplainedFile) {
    this.#graph = readModelGraph(onnx)
    this.#signature = signature
    this.#width = widthOf(signature.input)
    const rows = referenceRows(reference, this.#width)
    this.#reference = Array.from({ length: this.#width }, (_, feature) =>
      Float64Array.from([Number.NaN, ...rows.map((row) => row[feature]!)]),
    )
    this.#nodes = nodesFor(this.#graph, signature.output.name)
    const forests = this.#nodes.filter(({ operator }) => operator === FOREST)
    if (forests.length > 0 && rows.length === 0) throw new UnknownForm('there are no rows to compare its trees with')
    const flat = Float32Array.from(rows.flat())
    this.#forests = new Map(forests.map((node) => [node, new ForestExplainer(readForest(node), flat, this.#width)]))
    this.#names = (this.#graph.metadata.get('outputs') ?? '').split(',')
  }

  explain(row: Float32Array): Explanation[] {
    const values = new Map<string, Value>([[this.#signature.input.name, this.#inputOf(row)]])
    for (const node of this.#nodes) values.set(node.outputs[0]!, this.#apply(node, values, row))
    const { name } = this.#signature.output
    const output = values.get(name)
    if (output?.kind !== 'SUMS') throw new UnknownForm('its output is no sum over features')
    const names = this.#names.length === output.sums.length ? this.#names : []
    return output.sums.map((sum, i) => ({
      name: names[i] || (output.sums.length === 1 ? name : `${name}_${i}`),
      ...sum,
      total: totalOf(sum),
    }))
  }

  #inputOf(row: Float32Array): Value {
    const columns = this.#reference.map((reference, feature): Column => {
      const values = reference.slice()
      values[0] = row[feature]!
      return { feature, values }
    })
    return { kind: 'COLUMNS', columns, isInput: true }
  }

  #apply(node: GraphNode, values: ReadonlyMap<string, Value>, row: Float32Array): Value {
    const inputs = node.inputs.map((name): Value | null => {
      if (name === '') return null
      const tensor = this.#graph.constants.get(name)
      const value = tensor ? { kind: 'CONSTANT' as const, tensor } : values.get(name)
      if (!value) throw new UnknownForm(`${node.operator} takes what is not known here`)
      return value
    })
    const forest = this.#forests.get(node)
    if (forest) {
      const [input] = inputs
      if (input?.kind !== 'COLUMNS' || !input.isInput)
        throw new UnknownForm('its trees do not take the features themselves')
      return { kind: 'SUMS', sums: forest.explain(row) }
    }
    const operator = OPERATORS[node.operator]
    if (!operator) throw new UnknownForm(`the operator ${node.operator}`)
    return operator(node, inputs, this.#width)
  }
}

/** Those that the output is made of, in the order in which they run. */
function nodesFor({ nodes }: ModelGraph, output: string): GraphNode[] {
  const needed = new Set([output])
  return nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false
      for (const name of node.inputs) needed.add(name)
      return true
    })
    .toReversed()
}

/** @returns those that a row is compared with: so many, spread over all. */
export function referenceRows(all: readonly (readonly number[])[], width: number): readonly (readonly number[])[] {
  const rows = all.filter(({ length }) => length === width)
  const count = Math.min(MAX_REFERENCE_ROWS, rows.length)
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]!)
}

export interface Contribution {
  readonly feature: string
  /** Of the feature, in the row that was explained. */
  readonly value: number
  readonly contribution: number
}

/** The features that moved the number most, whichever way, largest first; none that moved nothing. */
export function topContributions(
  { contributions }: Explanation,
  row: Float32Array,
  { features, count }: { readonly features: readonly string[]; readonly count: number },
): Contribution[] {
  return features
    .map((feature, i) => ({ feature, value: row[i]!, contribution: contributions[i]! }))
    .filter(({ contribution }) => Number.isFinite(contribution) && contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, count)
}
