export { type Alias, AliasStore } from './alias-store.ts'
export { type Evaluation, evaluationSchema, type Loss, MAX_HELD_OUT_ROWS } from './evaluation.ts'
export { CHALLENGER, CHAMPION, type GateCheck, type Transition } from './history.ts'
export { dataHashOf, type Manifest, manifestSchema } from './manifest.ts'
export { MODELS_DIRECTORY, type ModelFiles, readModel } from './model-file.ts'
export { ModelRegistry, type ServedLine } from './model-registry.ts'
export { openChampion } from './registry.ts'
export { registryResolvers, type VersionLoader, versionLoader } from './resolvers.ts'
export { ServedVersions, type Serving } from './serving.ts'
export { type ShadowForecast, ShadowStore } from './shadow-store.ts'
export { signatureSchema } from './signature.ts'
export {
  type RegisteredModel,
  type RegisteredVersion,
  type Registration,
  RegistryStore,
  type ServableVersion,
  type VersionKey,
} from './store.ts'
