import type { Result } from '@opsource/kernel'
import type { ExplainedFile, Explanation } from './explainer.ts'

/** What the thread is asked: a row of a file, which it reads once for each `id`. */
export interface ExplanationQuestion {
  readonly id: number
  readonly file: ExplainedFile
  readonly row: Float32Array
}

/** Or why there is none. */
export type ExplanationAnswer = Result<readonly Explanation[], string>
