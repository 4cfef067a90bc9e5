export {
  type Contribution,
  type ExplainedFile,
  type Explainer,
  type Explanation,
  explainerOf,
  topContributions,
} from './explainer.ts'
export { Explainers, type OpenedExplainer } from './explainers.ts'
export type { Scale } from './values.ts'
