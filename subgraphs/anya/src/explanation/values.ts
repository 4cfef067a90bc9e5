import type { ConstantTensor } from './model-graph.ts'

/**
 * What contributions add up to: the output itself; the logarithm of its odds, where the output is a probability; its logarithm; or the
 * score of a class, of which the probabilities are made.
 */
export type Scale = 'VALUE' | 'LOG_ODDS' | 'LOGARITHM' | 'SCORE'

/** One number that the features make together. */
export interface Additive {
  readonly scale: Scale
  /** The mean over the reference rows. */
  readonly base: number
  /** One a feature. */
  readonly contributions: Float64Array
}

/** One number that a single feature makes: for the row that is explained, and after it for each reference row. */
export interface Column {
  readonly feature: number
  readonly values: Float64Array
}

/** What a tensor of the graph is, of one row. */
export type Value =
  | { readonly kind: 'CONSTANT'; readonly tensor: ConstantTensor }
  /** @property isInput whether these are the features as they come. */
  | { readonly kind: 'COLUMNS'; readonly columns: readonly Column[]; readonly isInput: boolean }
  | { readonly kind: 'SUMS'; readonly sums: readonly Additive[] }

/** What the features and the base add up to. */
export function totalOf({ base, contributions }: Additive): number {
  let total = base
  for (const contribution of contributions) total += contribution
  return total
}
