import type { Graph, Value } from './graph.ts'

/** What a network minimises, and what its score means. */
export type NetworkObjective =
  /** Squared error; the score is the mean. */
  | { readonly kind: 'SQUARED' }
  /** Log loss of labels 0 and 1; the score is the logit of 1. */
  | { readonly kind: 'LOGISTIC' }
  /** Log loss of classes, a column of 0 and 1 each; the scores are their logits. */
  | { readonly kind: 'SOFTMAX' }

/** Writes the mean loss of the rows, with its gradient by the scores. */
export function lossOf(graph: Graph, { kind }: NetworkObjective, scores: Value, labels: Value): Value {
  const { shape } = scores
  const total = (value: Value) => graph.apply('ReduceSum', [value], [], { keepdims: { int: 0 } })
  const overall = (value: Value, count: Value) => graph.apply('Div', [total(value), count], [])
  const each = (difference: Value, count: Value) => graph.apply('Div', [difference, count], shape)
  switch (kind) {
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
  }
}

/** What the scores say: the mean, the probability of 1, or those of the classes. */
export function answerOf(graph: Graph, { kind }: NetworkObjective, scores: Value): Value {
  if (kind === 'LOGISTIC') return graph.apply('Sigmoid', [scores], scores.shape)
  if (kind === 'SOFTMAX') return graph.apply('Softmax', [scores], scores.shape, { axis: { int: 1 } })
  return graph.apply('Identity', [scores], scores.shape)
}
