export {
  type Contribution,
  type ExplainedFile,
  type Explainer,
  type Explanation,
  explainerOf,
  topContributions,
} from './explainer.ts'
export type { Scale } from './values.ts'
