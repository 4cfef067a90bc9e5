import { createHash } from 'node:crypto'
import { seededRandom } from '@opsource/kernel'
import { FEATURE_COUNT, FEATURE_NAMES, TOP_IMBALANCE } from '../features/index.ts'
import { type Evaluation, type Manifest, MODELS_DIRECTORY, readModel } from '../registry/index.ts'
import { normalSample } from '../statistics/random.ts'
import { predict } from '../training/candidates.ts'
import { exportModel } from '../training/export.ts'

const ROWS = 400
const SAMPLE_ROWS = 16

export interface RivalModel {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly manifest: Manifest
  readonly evaluation: Evaluation
}

/**
 * A model of the line that the gate lets pass in a world that it knows: outcomes follow a signal of which it sees `sight`, from 0 to 1,
 * and its baseline little. Rivals of one `world` are judged on the same rows; the file itself is a logistic regression on the imbalance.
 */
export async function rivalModel({ sight = 0.8, weight = 1, world = 1 } = {}): Promise<RivalModel> {
  const { manifest } = await readModel(MODELS_DIRECTORY)
  const weights = new Float32Array(FEATURE_COUNT)
  weights[TOP_IMBALANCE] = weight
  const model = { kind: 'LOGISTIC' as const, weights }
  const onnx = Uint8Array.from(exportModel(model, manifest.name, { sight: String(sight), world: String(world) }))
  const random = seededRandom(world)
  const rows = Float32Array.from({ length: SAMPLE_ROWS * FEATURE_COUNT }, () => normalSample(random))
  const expected = predict(model, rows)
  return {
    onnx,
    manifest: { ...manifest, sha256: createHash('sha256').update(onnx).digest('hex') },
    evaluation: {
      ...heldOutOf(world, sight),
      sample: {
        rows: Array.from({ length: SAMPLE_ROWS }, (_, i) => [
          ...rows.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT),
        ]),
        expected: Array.from(expected, (value) => [value]),
      },
      canaries: [
        { name: 'shuffled-target', observed: 0.5, threshold: 3 },
        { name: 'prefix-invariance', observed: 0, threshold: 0 },
        { name: 'planted-future', observed: 0, threshold: 0 },
      ],
      reference: [{ feature: FEATURE_NAMES[TOP_IMBALANCE]!, edges: [0], counts: [1, 1, 0] }],
    },
  }
}

function heldOutOf(world: number, sight: number): Pick<Evaluation, 'loss' | 'baseline' | 'heldOut'> {
  const random = seededRandom(world)
  const sigmoid = (value: number) => 1 / (1 + Math.exp(-value))
  const signals = Array.from({ length: ROWS }, () => normalSample(random))
  const noise = signals.map(() => normalSample(random))
  const outcomes = signals.map((signal) => (random.next() < sigmoid(2 * signal) ? 1 : 0))
  const seen = (share: number, i: number) => sigmoid(2 * (share * signals[i]! + (1 - share) * noise[i]!))
  return {
    loss: { kind: 'LOG_LOSS' },
    baseline: 'imbalance',
    heldOut: {
      sha256: createHash('sha256').update(`world ${world}`).digest('hex'),
      horizonSteps: 10,
      times: signals.map((_, i) => i * 1_000),
      forecasts: signals.map((_, i) => seen(sight, i)),
      baseline: signals.map((_, i) => seen(0.1, i)),
      outcomes,
    },
  }
}
