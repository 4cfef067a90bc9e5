import type { Graph, Value } from './graph.ts'

/** What a network minimises, and what its score means. */
export type NetworkObjective =
  /** Squared error; the score is the mean. */
  | { readonly kind: 'SQUARED' }
  /** Log loss of labels 0 and 1; the score is the logit of 1. */
  | { readonly kind: 'LOGISTIC' }
  /** Log loss of classes, a column of 0 and 1 each; the scores are their logits. */
  | { readonly kind: 'SOFTMAX' }
  /**
   * Squared error of the first column, pinball loss of the others (Koenker and Bassett 1978), each of which holds the same label: the
   * scores are the mean and the quantiles of these levels, which rise.
   */
  | { readonly kind: 'MEAN_AND_QUANTILES'; readonly levels: readonly number[] }

/** Writes the mean loss of the rows, with its gradient by the scores. */
export function lossOf(graph: Graph, objective: NetworkObjective, scores: Value, labels: Value): Value {
  const { shape } = scores
  const total = (value: Value) => graph.apply('ReduceSum', [value], [], { keepdims: { int: 0 } })
  const overall = (value: Value, count: Value) => graph.apply('Div', [total(value), count], [])
  const each = (difference: Value, count: Value) => graph.apply('Div', [difference, count], shape)
  switch (objective.kind) {
    case 'SQUARED': {
      const rest = graph.apply('Sub', [scores, labels], shape)
      const count = graph.sizeOf(labels)
      const twice = graph.apply('Mul', [rest, graph.number(2)], shape)
      return graph.loss(overall(graph.apply('Mul', [rest, rest], shape), count), scores, each(twice, count))
    }
    case 'LOGISTIC': {
      const count = graph.sizeOf(labels)
      const softplus = graph.apply('Softplus', [scores], shape)
      const losses = graph.apply('Sub', [softplus, graph.apply('Mul', [labels, scores], shape)], shape)
      const rest = graph.apply('Sub', [graph.apply('Sigmoid', [scores], shape), labels], shape)
      return graph.loss(overall(losses, count), scores, each(rest, count))
    }
    case 'SOFTMAX': {
      const count = total(labels)
      const axis = { axis: { int: 1 } }
      const logarithms = graph.apply('LogSoftmax', [scores], shape, axis)
      const losses = graph.apply('Neg', [graph.apply('Mul', [labels, logarithms], shape)], shape)
      const rest = graph.apply('Sub', [graph.apply('Softmax', [scores], shape, axis), labels], shape)
      return graph.loss(overall(losses, count), scores, each(rest, count))
    }
    case 'MEAN_AND_QUANTILES':
      return meanAndQuantiles(graph, objective.levels, scores, labels)
  }
}

function meanAndQuantiles(graph: Graph, levels: readonly number[], scores: Value, labels: Value): Value {
  const { shape } = scores
  const on = (operator: string, ...inputs: Value[]) => graph.apply(operator, inputs, shape)
  const row = (first: number, of: (level: number) => number) =>
    graph.constant([levels.length + 1], Float32Array.of(first, ...levels.map(of)))
  const [isMean, isQuantile] = [row(1, () => 0), row(0, () => 1)]
  const count = graph.apply('Div', [graph.sizeOf(labels), graph.number(levels.length + 1)], [])
  const rest = on('Sub', scores, labels)
  const above = on(
    'Mul',
    rest,
    row(0, (level) => 1 - level),
  )
  const below = on(
    'Mul',
    rest,
    row(0, (level) => -level),
  )
  const losses = on('Add', on('Mul', on('Mul', rest, rest), isMean), on('Max', above, below))
  const slope = on(
    'Add',
    on('Mul', on('Sign', rest), graph.number(0.5)),
    row(0, (level) => 0.5 - level),
  )
  const slopes = on(
    'Add',
    on(
      'Mul',
      rest,
      row(2, () => 0),
    ),
    on('Mul', slope, isQuantile),
  )
  const total = graph.apply('ReduceSum', [losses], [], { keepdims: { int: 0 } })
  return graph.loss(graph.apply('Div', [total, count], []), scores, on('Div', slopes, count))
}

/** What the scores say: the mean, the probability of 1, those of the classes, or the mean and the quantiles in order. */
export function answerOf(graph: Graph, { kind }: NetworkObjective, scores: Value): Value {
  if (kind === 'LOGISTIC') return graph.apply('Sigmoid', [scores], scores.shape)
  if (kind === 'SOFTMAX') return graph.apply('Softmax', [scores], scores.shape, { axis: { int: 1 } })
  if (kind === 'MEAN_AND_QUANTILES') return inOrder(graph, scores)
  return graph.apply('Identity', [scores], scores.shape)
}

/** Quantiles that cross are put in order (Chernozhukov et al. 2010). */
function inOrder(graph: Graph, scores: Value): Value {
  const [rows, columns] = [scores.shape[0]!, scores.shape[1]!]
  const part = (from: number, to: number) =>
    graph.apply('Slice', [scores, graph.whole(from), graph.whole(to), graph.whole(1)], [rows, to - from])
  const quantiles = { name: 'quantiles', shape: [rows, columns - 1] }
  graph.nodes.push({
    operator: 'TopK',
    inputs: [part(1, columns).name, graph.whole(columns - 1).name],
    outputs: [quantiles.name, 'order'],
    attributes: { axis: { int: 1 }, largest: { int: 0 }, sorted: { int: 1 } },
  })
  return graph.apply('Concat', [part(0, 1), quantiles], scores.shape, { axis: { int: 1 } })
}
