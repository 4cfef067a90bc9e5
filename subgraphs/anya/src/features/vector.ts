import { createHash } from 'node:crypto'

/** Raise it when a feature's meaning changes under the same name. */
const DEFINITION_VERSION = 1

/**
 * What a model sees of a market, in order. Swapping bids with asks turns the sign of an `odd` feature and leaves an `even` one:
 * a law of the inputs that training uses. All are free of the market's price and lot size.
 */
export const FEATURES = [
  { name: 'imbalance_1', symmetry: 'odd' },
  { name: 'imbalance_3', symmetry: 'odd' },
  { name: 'imbalance_5', symmetry: 'odd' },
  { name: 'imbalance_10', symmetry: 'odd' },
  { name: 'microprice_offset_bps', symmetry: 'odd' },
  { name: 'order_flow_1s', symmetry: 'odd' },
  { name: 'order_flow_5s', symmetry: 'odd' },
  { name: 'order_flow_20s', symmetry: 'odd' },
  { name: 'trade_flow_1s', symmetry: 'odd' },
  { name: 'trade_flow_5s', symmetry: 'odd' },
  { name: 'trade_flow_20s', symmetry: 'odd' },
  { name: 'return_1s_bps', symmetry: 'odd' },
  { name: 'return_5s_bps', symmetry: 'odd' },
  { name: 'return_20s_bps', symmetry: 'odd' },
  { name: 'spread_bps', symmetry: 'even' },
  { name: 'volatility_20s_bps', symmetry: 'even' },
  { name: 'trade_intensity_5s', symmetry: 'even' },
] as const satisfies readonly { name: string; symmetry: 'odd' | 'even' }[]

export const FEATURE_NAMES: readonly string[] = FEATURES.map(({ name }) => name)
export const FEATURE_COUNT = FEATURES.length

/** A model serves only features of the hash it was trained on. */
export const FEATURE_HASH = createHash('sha256')
  .update(JSON.stringify({ version: DEFINITION_VERSION, features: FEATURES }))
  .digest('hex')

/** Where the baseline's one input, the imbalance at the top of the book, lies in the vector. */
export const TOP_IMBALANCE = FEATURE_NAMES.indexOf('imbalance_1')
