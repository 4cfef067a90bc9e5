import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { FEATURE_COUNT } from '../features/index.ts'
import { CANDIDATES, predict } from './candidates.ts'
import { exportModel } from './export.ts'
import { exportDifference } from './parity.ts'

const random = seededRandom(21)
const size = 2_000
const rows = Float32Array.from({ length: size * FEATURE_COUNT }, () => random.next() * 2 - 1)
const labels = Uint8Array.from({ length: size }, (_, i) => (rows[i * FEATURE_COUNT]! + random.next() - 0.5 > 0 ? 1 : 0))
const data = { size, rows, labels, times: Float64Array.from({ length: size }, (_, i) => i) }

test.each(CANDIDATES)('onnxruntime gives the probabilities of $name', async (candidate) => {
  const model = candidate.fit(data, 1)
  const onnx = exportModel(model, 'parity', { seed: '1' })
  const expected = predict(model, rows)
  expect(await exportDifference(onnx, rows, FEATURE_COUNT, expected)).toBeLessThanOrEqual(1e-6)
  expect(
    await exportDifference(
      onnx,
      rows,
      FEATURE_COUNT,
      expected.map((p) => p + 1e-3),
    ),
  ).toBeGreaterThan(9e-4)
})
