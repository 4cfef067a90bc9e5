export { baselineProbabilities } from './baseline.ts'
export { FeatureEngine, type MarketBook, type MarketUpdate, WARM_UP_MS } from './engine.ts'
export { MarketReader, type ReaderObserver, STALE_AFTER_MS } from './reader.ts'
export { FEATURE_COUNT, FEATURE_HASH, FEATURE_NAMES, FEATURES, TOP_IMBALANCE } from './vector.ts'
