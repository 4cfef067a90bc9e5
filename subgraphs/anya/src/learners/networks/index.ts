export type { Architecture } from './architecture.ts'
export { exportNetwork } from './export.ts'
export {
  fitNetwork,
  InvalidNetwork,
  type NetworkCourse,
  type NetworkModel,
  type NetworkOptions,
  type NetworkRows,
  type NetworkState,
} from './fit.ts'
export type { NetworkObjective } from './loss.ts'
export { predictNetwork } from './predict.ts'
