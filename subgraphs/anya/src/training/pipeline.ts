import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { FEATURE_COUNT, FEATURE_HASH, FEATURE_NAMES, TOP_IMBALANCE } from '../features/index.ts'
import type { Manifest } from '../registry/index.ts'
import { fitBaseline, predict } from './candidates.ts'
import { type Dataset, mergeDatasets, sampleMarket } from './dataset.ts'
import { type Comparison, compareCandidates } from './evaluate.ts'
import { exportModel } from './export.ts'
import type { Measures } from './measures.ts'
import { exportDifference, MAX_DIFFERENCE } from './parity.ts'
import { HORIZON_MS, MODEL_NAME, SAMPLE_STEP_MS, SEED, TRAINING_SEGMENTS } from './recipe.ts'
import { readRecording } from './recording.ts'

export interface TrainedModel {
  readonly onnx: Uint8Array
  readonly manifest: Manifest
  readonly comparison: Comparison
  readonly rows: number
  /** Between onnxruntime and the trainer, on every row. */
  readonly exportDifference: number
}

/**
 * Trains the direction model from the recorded files in `dataDirectory`: dataset, comparison of the candidates, fit of the best on all
 * rows, export, check of the export. The same files give the same bytes on one machine.
 */
export async function trainMidDirection(dataDirectory: string): Promise<TrainedModel> {
  const { data, trainedOn } = await loadDataset(dataDirectory)
  const comparison = compareCandidates(data, { horizonMs: HORIZON_MS, seed: SEED })
  const best = comparison.evaluations[0]!
  const model = best.candidate.fit(data, SEED)
  const onnx = exportModel(model, MODEL_NAME, {
    feature_hash: FEATURE_HASH,
    data_hash: sha256(trainedOn.map((file) => file.sha256).join()),
    horizon_ms: String(HORIZON_MS),
    seed: String(SEED),
    candidate: best.candidate.name,
  })
  const difference = await exportDifference(onnx, data.rows, FEATURE_COUNT, predict(model, data.rows))
  if (difference > MAX_DIFFERENCE) throw new Error(`the exported model differs by ${difference} from the trained one`)
  const manifest: Manifest = {
    name: MODEL_NAME,
    sha256: sha256(onnx),
    featureHash: FEATURE_HASH,
    features: [...FEATURE_NAMES],
    horizonMs: HORIZON_MS,
    trainedOn,
    seed: SEED,
    recipe: { candidate: best.candidate.name, parameters: { ...best.candidate.parameters } },
    baseline: { feature: FEATURE_NAMES[TOP_IMBALANCE]!, coefficient: fitBaseline(data).coefficient },
    metrics: {
      ...named('', best.model),
      ...named('baseline.', comparison.baseline),
      testRows: comparison.testRows,
    },
  }
  return { onnx, manifest, comparison, rows: data.size, exportDifference: difference }
}

export async function loadDataset(dataDirectory: string): Promise<{ data: Dataset; trainedOn: Manifest['trainedOn'] }> {
  const markets: Dataset[] = []
  const trainedOn: Manifest['trainedOn'] = []
  for (const { segment, ...steps } of TRAINING_SEGMENTS) {
    const file = path.join(dataDirectory, `${segment}.gz`)
    trainedOn.push({ segment, sha256: sha256(await readFile(file)) })
    markets.push(sampleMarket(await readRecording(file, steps), SAMPLE_STEP_MS, HORIZON_MS))
  }
  return { data: mergeDatasets(markets), trainedOn }
}

const named = (prefix: string, measures: Measures) =>
  Object.fromEntries(Object.entries(measures).map(([name, value]) => [prefix + name, value]))

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex')
