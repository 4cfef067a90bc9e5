import type { Matrix } from '../boosted-trees/index.ts'
import { LIMIT, standards } from '../ridge.ts'
import { type Graph, ROWS, type Value } from './graph.ts'

/** What the columns of the training rows are like; float32, as the file holds them. */
export interface Standard {
  readonly means: Float32Array
  readonly deviations: Float32Array
}

export function standardOf(rows: Matrix): Standard {
  const { means, deviations } = standards(rows)
  return { means: Float32Array.from(means), deviations: Float32Array.from(deviations) }
}

/** Writes what makes columns alike: centred, in standard deviations, cut off at ±LIMIT; what is missing counts as the mean. */
export function standardised(graph: Graph, rows: Value, { means, deviations }: Standard): Value {
  const shape = [ROWS, means.length]
  const centred = graph.apply('Sub', [rows, graph.constant([means.length], means)], shape)
  const scaled = graph.apply('Div', [centred, graph.constant([means.length], deviations)], shape)
  const known = graph.apply('Where', [graph.apply('IsNaN', [scaled], shape), graph.number(0), scaled], shape)
  return graph.apply('Clip', [known, graph.number(-LIMIT), graph.number(LIMIT)], shape)
}
