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
  readonly comparison: readonly Comparison[]
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

const COMPARISONS = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ', 'LEAF'] as const
type Comparison = (typeof COMPARISONS)[number]

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
  const places = new Map(ids.map((id, i) => [`${trees[i]} ${id}`, i]))
  const childOf = (list: readonly number[]) =>
    Int32Array.from(list, (id, i) => (modes[i] === 'LEAF' ? -1 : (places.get(`${trees[i]} ${id}`) ?? -1)))
  const whenTrue = childOf(integers('nodes_truenodeids'))
  const whenFalse = childOf(integers('nodes_falsenodeids'))
  const children = new Set([...whenTrue, ...whenFalse])
  const missing = integers('nodes_missing_value_tracks_true')
  const targets = integers('n_targets')[0] ?? 1
  const base = floats('base_values')
  const features = integers('nodes_featureids')
  return {
    targets,
    base: base.length === targets ? base : new Float32Array(targets),
    roots: Int32Array.from(ids.keys()).filter((node) => !children.has(node)),
    feature: Int32Array.from(features, (feature, i) => (modes[i] === 'LEAF' ? -1 : feature)),
    threshold: floats('nodes_values'),
    comparison: modes,
    missingTrue: Uint8Array.from(ids, (_, i) => missing[i] ?? 0),
    whenTrue,
    whenFalse,
    leaves: leavesOf(attributes, places, modes),
  }
}

function modesOf(attributes: GraphNode['attributes']): Comparison[] {
  return (attributes.get('nodes_modes')?.strings ?? []).map((mode) => {
    const known = COMPARISONS.find((each) => each === mode)
    if (!known) throw new UnknownForm(`its trees branch by ${mode}`)
    return known
  })
}

function leavesOf(
  attributes: GraphNode['attributes'],
  places: ReadonlyMap<string, number>,
  modes: readonly Comparison[],
): (LeafValue[] | null)[] {
  const leaves = modes.map((mode): LeafValue[] | null => (mode === 'LEAF' ? [] : null))
  const [trees, ids, targets] = ['target_treeids', 'target_nodeids', 'target_ids'].map(
    (name) => attributes.get(name)?.integers ?? [],
  )
  attributes.get('target_weights')?.floats.forEach((value, i) => {
    const place = places.get(`${trees![i]} ${ids![i]}`)
    if (place !== undefined) leaves[place]?.push({ target: targets![i]!, value })
  })
  return leaves
}

/** Whether a row with this value of the node's feature goes to `whenTrue`. */
export function goesTrue({ threshold, comparison, missingTrue }: Forest, node: number, value: number): boolean {
  if (Number.isNaN(value) && missingTrue[node] === 1) return true
  const limit = threshold[node]!
  switch (comparison[node]) {
    case 'BRANCH_LEQ':
      return value <= limit
    case 'BRANCH_LT':
      return value < limit
    case 'BRANCH_GTE':
      return value >= limit
    case 'BRANCH_GT':
      return value > limit
    case 'BRANCH_EQ':
      return value === limit
    default:
      return value !== limit
  }
}
