import type { GraphOutline, NodeOutline } from './onnx-outline.ts'
import { Rejected } from './rejection.ts'

/** Operators that leave features where they are. */
const IN_PLACE = new Set(['Cast', 'Identity', 'Imputer', 'Normalizer', 'Scaler'])
const LEAF = 'LEAF'

/**
 * Throws `Rejected` unless the trees of the node end, their nodes are all there, and they look at features that the graph's input has.
 * A sample does not visit every path, and one that is wrong would be found by the first market that leads there; whether onnxruntime
 * checks it differs from version to version.
 * @param features how many numbers a row of the graph's input is.
 */
export function checkTrees(node: NodeOutline, graph: GraphOutline, input: string, features: number): void {
  const refuse = (message: string) => new Rejected('TREES', `${node.operator}: ${message}`)
  if (!readsInput(node, graph, input)) throw refuse('it does not take the features themselves')
  const integers = (name: string) => node.attributes.get(name)?.integers ?? []
  const modes = node.attributes.get('nodes_modes')?.strings ?? []
  const [trees, ids] = [integers('nodes_treeids'), integers('nodes_nodeids')]
  const [whenTrue, whenFalse] = [integers('nodes_truenodeids'), integers('nodes_falsenodeids')]
  const featureIds = integers('nodes_featureids')
  const count = ids.length
  const lengths = [trees, whenTrue, whenFalse, featureIds, modes].map(({ length }) => length)
  if (count === 0 || lengths.some((length) => length !== count)) throw refuse('its nodes are not described alike')
  if ((node.attributes.get('nodes_values')?.floats ?? 0) !== count) throw refuse('a node has no threshold')

  const keyOf = (tree: number, id: number) => `${tree} ${id}`
  const places = new Map(ids.map((id, i) => [keyOf(trees[i]!, id), i]))
  if (places.size !== count) throw refuse('two nodes have the same number')
  const parents = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    if (modes[i] === LEAF) continue
    if (featureIds[i]! < 0 || featureIds[i]! >= features) {
      throw refuse(`it looks at feature ${featureIds[i]} of ${features}, counted from 0`)
    }
    for (const child of [whenTrue[i]!, whenFalse[i]!]) {
      const place = places.get(keyOf(trees[i]!, child))
      if (place === undefined) throw refuse(`node ${child} of tree ${trees[i]} is missing`)
      if (++parents[place]! > 1) throw refuse(`tree ${trees[i]} leads to its node ${child} twice`)
    }
  }
  // Each node has one parent at most: a tree without a root, or a part that no root reaches, is a circle.
  const roots = [...places.values()].filter((place) => parents[place] === 0)
  if (
    reach(roots, (i) =>
      modes[i] === LEAF ? [] : [whenTrue[i]!, whenFalse[i]!].map((id) => places.get(keyOf(trees[i]!, id))!),
    ) !== count
  ) {
    throw refuse('a tree leads back to itself')
  }
  checkLeaves(node, places, modes, refuse)
}

function reach(roots: readonly number[], childrenOf: (place: number) => number[]): number {
  const waiting = [...roots]
  let reached = 0
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    reached++
    waiting.push(...childrenOf(place))
  }
  return reached
}

function checkLeaves(
  node: NodeOutline,
  places: ReadonlyMap<string, number>,
  modes: readonly string[],
  refuse: (message: string) => Rejected,
): void {
  const kind = node.operator === 'TreeEnsembleClassifier' ? 'class' : 'target'
  const integers = (name: string) => node.attributes.get(name)?.integers ?? []
  const [trees, ids, columns] = [`${kind}_treeids`, `${kind}_nodeids`, `${kind}_ids`].map(integers)
  const labels = node.attributes.get('classlabels_int64s')?.integers ?? []
  const names = node.attributes.get('classlabels_strings')?.strings ?? []
  const width = kind === 'class' ? Math.max(labels.length, names.length) : (integers('n_targets')[0] ?? 0)
  const weights = node.attributes.get(`${kind}_weights`)?.floats ?? 0
  const count = columns!.length
  if ([trees!.length, ids!.length, weights].some((length) => length !== count)) {
    throw refuse('its leaves are not described alike')
  }
  for (let i = 0; i < count; i++) {
    const place = places.get(`${trees![i]} ${ids![i]}`)
    if (place === undefined || modes[place] !== LEAF) throw refuse(`node ${ids![i]} of tree ${trees![i]} is no leaf`)
    if (columns![i]! < 0 || columns![i]! >= width) throw refuse(`a leaf counts for output ${columns![i]} of ${width}`)
  }
}

/** Whether what the node takes is the graph's input, at most scaled. */
function readsInput(node: NodeOutline, graph: GraphOutline, input: string): boolean {
  const makers = new Map(graph.nodes.flatMap((each) => each.outputs.map((output) => [output, each] as const)))
  let name = node.inputs[0]
  for (let steps = 0; steps <= graph.nodes.length; steps++) {
    if (name === input) return true
    const maker = makers.get(name ?? '')
    if (!maker || !IN_PLACE.has(maker.operator)) return false
    name = maker.inputs[0]
  }
  return false
}
