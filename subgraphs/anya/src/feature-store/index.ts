export { FeatureStore } from './feature-store.ts'
export type { FeatureJob } from './jobs.ts'
export { FeatureObserver } from './observe.ts'
export {
  type EntityVector,
  featureStoreResolvers,
  type StoredFeatures,
  type StoredPartition,
  type ViewEntity,
} from './resolvers.ts'
export type { KnownView } from './views/index.ts'
