import { BAR_FEATURE_HASH, BAR_FEATURES } from '../bar-features/index.ts'
import { FEATURE_HASH, FEATURE_NAMES } from '../features/index.ts'

/** Features that models may take, as they are computed here. */
export interface FeatureSet {
  readonly names: readonly string[]
  /** Of their definitions: a model serves only features of the hash it was trained on. */
  readonly hash: string
}

/** By the name that an upload gives them. */
export const FEATURE_SETS: ReadonlyMap<string, FeatureSet> = new Map([
  ['book', { names: FEATURE_NAMES, hash: FEATURE_HASH }],
  ['bars', { names: BAR_FEATURES.map(({ name }) => name), hash: BAR_FEATURE_HASH }],
])
