import { createHash } from 'node:crypto'
import { RELEASE } from '../registry/manifest.ts'
import { type Checkpoints, noCheckpoints } from './checkpoints.ts'
import { exportDifference, MAX_DIFFERENCE } from './parity.ts'
import type { Breathe, Candidate, FoldForecasts, Metrics, TrainingInput } from './recipe.ts'
import { recipeNamed } from './recipes.ts'

export type Stage = 'DATASET' | 'FOLDS' | 'FIT' | 'VERIFY'

/** How far a training is; everything that is known, each time. */
export interface Progress {
  readonly stage: Stage
  /** From 1; null outside FOLDS. */
  readonly fold: number | null
  /** 0 while the data set is not there yet. */
  readonly folds: number
  readonly percent: number
  /** Of the folds so far. */
  readonly metrics: Metrics
}

/** Where each stage begins and ends on the way from 0 to 100. Fitting takes about as long as the largest fold. */
const SPANS = { DATASET: [0, 5], FOLDS: [5, 80], FIT: [80, 96], VERIFY: [96, 98] } as const

export interface TrainedModel extends Candidate {
  readonly metrics: Metrics
  /** Largest absolute difference between onnxruntime and the trainer on the sample. */
  readonly exportDifference: number
}

/** The exported file does not give what the trainer gives. */
export class ParityBroken extends Error {}

export interface TrainingSurroundings {
  /** Holds the data sets by their folders. */
  readonly dataDirectory: string
  readonly checkpoints?: Checkpoints
  /** Rejects to stop the training. */
  readonly report?: (progress: Progress) => Promise<void>
}

/**
 * Data set, features, purged and embargoed walk-forward, training, evaluation, ONNX file, check of the file: all but registering.
 * What `checkpoints` kept of an earlier attempt is not computed again.
 * @throws InvalidData where the data cannot be trained on. @throws ParityBroken where the file differs from the trainer.
 */
export async function train(input: TrainingInput, surroundings: TrainingSurroundings): Promise<TrainedModel> {
  const { dataDirectory, checkpoints = noCheckpoints, report = async () => {} } = surroundings
  const recipe = recipeNamed(input.recipe)
  if (!recipe) throw new RangeError(`no recipe ${input.recipe}`)
  const state: { folds: number; metrics: Metrics } = { folds: 0, metrics: {} }
  const tell = (stage: Stage, share: number, fold: number | null = null) => {
    const [from, to] = SPANS[stage]
    return report({ ...state, stage, fold, percent: Math.round(from + (to - from) * share) })
  }
  await tell('DATASET', 0)
  const prepared = await recipe.prepare(input, dataDirectory)
  const fingerprint = fingerprintOf(input, prepared.fingerprint)
  state.folds = prepared.folds
  const outcomes: FoldForecasts[] = []
  for (let fold = 0; fold < prepared.folds; fold++) {
    const breathe: Breathe = (share) => tell('FOLDS', (fold + share) / prepared.folds, fold + 1)
    await breathe(0)
    const name = `fold-${fold + 1}`
    const kept = await checkpoints.load(name, fingerprint)
    const outcome = kept ?? (await prepared.judge(fold, breathe))
    if (!kept) await checkpoints.keep(name, fingerprint, outcome)
    outcomes.push(outcome)
    state.metrics = prepared.measure(outcomes)
    await breathe(1)
  }
  await tell('FIT', 0)
  const candidate = await prepared.fit(outcomes, (share) => tell('FIT', share))
  await tell('VERIFY', 0)
  const { rows, width, expected } = candidate.sample
  const difference = await exportDifference(candidate.onnx, rows, width, expected)
  if (!(difference <= MAX_DIFFERENCE))
    throw new ParityBroken(`the exported model differs by ${difference} from the trained one`)
  await tell('VERIFY', 1)
  return { ...candidate, metrics: state.metrics, exportDifference: difference }
}

/** Folds of another release were computed by other code: a model is of one. */
function fingerprintOf({ recipe, parameters, seed }: TrainingInput, prepared: string): string {
  const chosen = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([RELEASE, recipe, chosen, seed, prepared]))
    .digest('hex')
}
