import type { GraphNode } from './model-graph.ts'
import { UnknownForm } from './unknown-form.ts'

/** The nodes of all trees one after another, as arrays. */
export interface Forest {
  readonly targets: number
  /** One a target. */
  readonly base: Float32Array
  readonly roots: Int32Array
  /** -1 at a leaf. */
  readonly feature: Int32Array
  readonly threshold: Float32Array
  /** Index into COMPARISONS. */
  readonly comparison: Uint8Array
  /** 1 where a missing value counts as true. */
  readonly missingTrue: Uint8Array
  readonly whenTrue: Int32Array
  readonly whenFalse: Int32Array
  /** What a leaf adds, and to which targets; null at other nodes. */
  readonly leaves: readonly (readonly LeafValue[] | null)[]
}

export interface LeafValue {
  readonly target: number
  readonly value: number
}

/** What each way to branch asks of a value. */
const COMPARISONS: readonly (readonly [mode: string, holds: (value: number, limit: number) => boolean])[] = [
  ['BRANCH_LEQ', (value, limit) => value <= limit],
  ['BRANCH_LT', (value, limit) => value < limit],
  ['BRANCH_GTE', (value, limit) => value >= limit],
  ['BRANCH_GT', (value, limit) => value > limit],
  ['BRANCH_EQ', (value, limit) => value === limit],
  ['BRANCH_NEQ', (value, limit) => value !== limit],
]
const LEQ = 0
const LEAF = COMPARISONS.length

/**
 * Reads a TreeEnsembleRegressor (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html) whose trees add up. That its
 * trees end and its nodes are there has been seen to where a file was let in. Throws `UnknownForm`.
 */
export function readForest({ attributes }: GraphNode): Forest {
  const integers = (name: string) => attributes.get(name)?.integers ?? []
  const floats = (name: string) => attributes.get(name)?.floats ?? new Float32Array()
  const text = (name: string, usual: string) => attributes.get(name)?.strings[0] ?? usual
  if (text('aggregate_function', 'SUM') !== 'SUM') throw new UnknownForm('its trees do not add up')
  if (text('post_transform', 'NONE') !== 'NONE') throw new UnknownForm('its trees transform their sum themselves')

  const [trees, ids, modes] = [integers('nodes_treeids'), integers('nodes_nodeids'), modesOf(attributes)]
  const places = new Map(ids.map((id, i) => [keyOf(trees[i]!, id), i]))
  const childOf = (list: readonly number[]) =>
    Int32Array.from(list, (id, i) => (modes[i] === LEAF ? -1 : (places.get(keyOf(trees[i]!, id)) ?? -1)))
  const whenTrue = childOf(integers('nodes_truenodeids'))
  const whenFalse = childOf(integers('nodes_falsenodeids'))
  const isChild = new Uint8Array(ids.length)
  for (const children of [whenTrue, whenFalse]) for (const child of children) if (child >= 0) isChild[child] = 1
  const missing = integers('nodes_missing_value_tracks_true')
  const targets = integers('n_targets')[0] ?? 1
  const base = floats('base_values')
  const features = integers('nodes_featureids')
  return {
    targets,
    base: base.length === targets ? base : new Float32Array(targets),
    roots: Int32Array.from(ids.keys()).filter((node) => isChild[node] === 0),
    feature: Int32Array.from(features, (feature, i) => (modes[i] === LEAF ? -1 : feature)),
    threshold: floats('nodes_values'),
    comparison: modes,
    missingTrue: Uint8Array.from(ids, (_, i) => missing[i] ?? 0),
    whenTrue,
    whenFalse,
    leaves: leavesOf(attributes, places, modes),
  }
}

const keyOf = (tree: number, id: number) => tree * 2 ** 26 + id

function modesOf(attributes: GraphNode['attributes']): Uint8Array {
  const codes = new Map([...COMPARISONS.map(([mode], code) => [mode, code] as const), ['LEAF', LEAF] as const])
  return Uint8Array.from(attributes.get('nodes_modes')?.strings ?? [], (mode) => {
    const code = codes.get(mode)
    if (code === undefined) throw new UnknownForm(`its trees branch by ${mode}`)
    return code
  })
}

function leavesOf(
  attributes: GraphNode['attributes'],
  places: ReadonlyMap<number, number>,
  modes: Uint8Array,
): (LeafValue[] | null)[] {
  const leaves = Array.from(modes, (mode): LeafValue[] | null => (mode === LEAF ? [] : null))
  const [trees, ids, targets] = ['target_treeids', 'target_nodeids', 'target_ids'].map(
    (name) => attributes.get(name)?.integers ?? [],
  )
  attributes.get('target_weights')?.floats.forEach((value, i) => {
    const place = places.get(keyOf(trees![i]!, ids![i]!))
    if (place !== undefined) leaves[place]?.push({ target: targets![i]!, value })
  })
  return leaves
}

/** Whether a row with this value of the node's feature goes to `whenTrue`. */
export function goesTrue({ threshold, comparison, missingTrue }: Forest, node: number, value: number): boolean {
  if (Number.isNaN(value) && missingTrue[node] === 1) return true
  const code = comparison[node]!
  // Nearly all trees branch so, and a call for each node would cost as much as all the rest.
  return code === LEQ ? value <= threshold[node]! : COMPARISONS[code]![1](value, threshold[node]!)
}
