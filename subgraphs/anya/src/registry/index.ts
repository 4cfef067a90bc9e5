export { type Alias, AliasStore } from './alias-store.ts'
export { type Evaluation, evaluationSchema, type Loss, lossOf, MAX_HELD_OUT_ROWS } from './evaluation.ts'
export { CHALLENGER, CHAMPION, type GateCheck, type Transition } from './history.ts'
export { isIntact } from './integrity.ts'
export { dataHashOf, type Manifest, manifestSchema } from './manifest.ts'
export { MODELS_DIRECTORY, type ModelFiles, readModel } from './model-file.ts'
export { ModelRegistry, type ServedLine } from './model-registry.ts'
export { ServingObserver } from './observe.ts'
export { openRegistry } from './open-registry.ts'
export { loadVersion, type Serving } from './place.ts'
export { openChampion, openLine } from './registry.ts'
export { registryResolvers, type VersionLoader, versionLoader } from './resolvers.ts'
export { RetentionStore } from './retention-store.ts'
export { ServedVersions } from './serving.ts'
export { type ShadowForecast, ShadowStore } from './shadow-store.ts'
export { signatureSchema } from './signature.ts'
export {
  isModelName,
  MAX_LISTED_MODELS,
  type RegisteredModel,
  type RegisteredVersion,
  type Registration,
  RegistryStore,
  type ServableVersion,
  type VersionKey,
} from './store.ts'
