import { createHash } from 'node:crypto'
import { type Evaluation, type Loss, MAX_HELD_OUT_ROWS } from '../registry/index.ts'
import { rankArea } from '../statistics/measures.ts'
import { referenceBins } from '../statistics/psi.ts'

/** Rows whose answers go with the model, spread over the time line. */
const SAMPLE_ROWS = 64
/** Chance alone stays within three standard errors, but for one time in four hundred. */
export const CANARY_THRESHOLD = 3

export type Canary = Evaluation['canaries'][number]

export interface HeldOutForecasts {
  readonly loss: Loss
  /** The baseline's name. */
  readonly baselineName: string
  /** Rows of the time line that an outcome spans. */
  readonly horizonSteps: number
  /** Of the rows that were held out, in order. */
  readonly times: ArrayLike<number>
  readonly forecasts: ArrayLike<number>
  readonly baseline: ArrayLike<number>
  readonly outcomes: ArrayLike<number>
}

/** Rows of training, row-major, with what the trainer gives for them. */
export interface TrainingRows {
  readonly features: readonly string[]
  readonly rows: Float32Array
  readonly expected: ArrayLike<number>
}

/** What a model's promotion is judged by, from what its training has at hand. */
export function evidenceOf(
  heldOut: HeldOutForecasts,
  training: TrainingRows,
  canaries: Evaluation['canaries'],
): Evaluation {
  const newest = (values: ArrayLike<number>) => Array.from(values).slice(-MAX_HELD_OUT_ROWS)
  const [times, outcomes] = [newest(heldOut.times), newest(heldOut.outcomes)]
  return {
    loss: heldOut.loss,
    baseline: heldOut.baselineName,
    heldOut: {
      sha256: createHash('sha256')
        .update(JSON.stringify([times, outcomes]))
        .digest('hex'),
      horizonSteps: heldOut.horizonSteps,
      times,
      forecasts: newest(heldOut.forecasts),
      baseline: newest(heldOut.baseline),
      outcomes,
    },
    sample: sampleOf(training),
    canaries,
    reference: training.features.map((feature, column) => {
      const { edges, counts } = referenceBins(columnOf(training, column))
      return { feature, edges: [...edges], counts: [...counts] }
    }),
  }
}

/**
 * How far a model that was trained on outcomes in a drawn order ranks them better than chance, in standard errors of the area under
 * the ROC curve (Mann and Whitney 1947). What finds something there has seen what it should not.
 */
export function shuffledTarget(forecasts: ArrayLike<number>, outcomes: ArrayLike<number>): Canary {
  const ups = Array.from(outcomes).filter((outcome) => outcome === 1).length
  const downs = outcomes.length - ups
  const error = Math.sqrt((ups + downs + 1) / (12 * ups * downs))
  const observed = Math.abs(rankArea(forecasts, outcomes) - 0.5) / error
  return { name: 'shuffled-target', observed, threshold: CANARY_THRESHOLD }
}

/** How many features of rows differ where what came after them is not there yet. */
export const prefixInvariance = (differing: number): Canary => ({
  name: 'prefix-invariance',
  observed: differing,
  threshold: 0,
})

/** So good a correlation with an hour's return does not exist: it is a leak. */
export const CREDIBLE_CORRELATION = 0.25

/** How far forecasts of returns that were held out go along with what came. */
export const tooGood = (correlation: number): Canary => ({
  name: 'too-good-to-be-true',
  observed: correlation || 0,
  threshold: CREDIBLE_CORRELATION,
})

/**
 * How many of the attempts to find a leak overlooked a column that was planted to look ahead: where one does, what they say of the
 * others is worth nothing.
 */
export const plantedFuture = (found: readonly boolean[]): Canary => ({
  name: 'planted-future',
  observed: found.filter((each) => !each).length,
  threshold: 0,
})

function sampleOf({ features, rows, expected }: TrainingRows): Evaluation['sample'] {
  const width = features.length
  const count = rows.length / width
  const outputs = expected.length / count
  const size = Math.min(SAMPLE_ROWS, count)
  const chosen = Array.from({ length: size }, (_, i) => Math.floor((i * count) / size)).filter((row) =>
    rows.subarray(row * width, (row + 1) * width).every(Number.isFinite),
  )
  const part = (values: ArrayLike<number>, row: number, size: number) =>
    Array.from({ length: size }, (_, i) => values[row * size + i]!)
  return {
    rows: chosen.map((row) => part(rows, row, width)),
    expected: chosen.map((row) => part(expected, row, outputs)),
  }
}

function columnOf({ features, rows }: TrainingRows, column: number): Float32Array {
  const width = features.length
  return Float32Array.from({ length: rows.length / width }, (_, row) => rows[row * width + column]!)
}
