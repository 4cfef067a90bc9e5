import { seededRandom } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exportTrees, fitTrees } from '../learners/boosted-trees/index.ts'
import { INPUT, OUTPUT } from '../onnx/writer.ts'
import { exportModel } from '../training/export.ts'
import { explainerOf } from './explainer.ts'
import { Explainers } from './explainers.ts'

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000 })

const WIDTH = 3
const random = seededRandom(1)
const values = Float32Array.from({ length: 1_000 * WIDTH }, () => random.next())
const labels = Float32Array.from({ length: 1_000 }, (_, i) => values[i * WIDTH]! * values[i * WIDTH + 1]!)
const reference = Array.from({ length: 200 }, (_, i) => [...values.subarray(i * WIDTH, (i + 1) * WIDTH)])
const signature = { input: { name: INPUT, tail: [WIDTH] }, output: { name: OUTPUT, tail: [1] } }
const row = values.subarray(0, WIDTH)

let explainers: Explainers
beforeEach(() => {
  explainers = new Explainers()
})
afterEach(() => explainers.close())

test('a small file and one that is read in a thread are explained alike', async () => {
  const options = { leaves: 31, depth: 7, minHessian: 1, penalty: 1, bins: 64, rowShare: 1, columnShare: 1, seed: 1 }
  const objective = { kind: 'SQUARED' } as const
  const trees = fitTrees({ width: WIDTH, values, labels }, { ...options, objective, rounds: 30, learningRate: 0.2 })
  const small = exportModel({ kind: 'LOGISTIC', weights: Float32Array.of(1, 2, 3) }, 'small', {})
  const large = exportTrees(trees, 'large', {})
  expect(large.length).toBeGreaterThan(32 * 1024)
  for (const onnx of [small, large]) {
    const file = { onnx, signature, reference }
    const [opened, direct] = [await explainers.open(file), explainerOf(file)]
    if (!opened.ok || !direct.ok) throw new Error('not explained')
    for (let again = 0; again < 2; again++) expect(await opened.value.explain(row)).toEqual(direct.value.explain(row))
  }
})

test('that a large file is of no known form is said as of a small one', async () => {
  for (const size of [100, 40_000]) {
    const opened = await explainers.open({ onnx: new Uint8Array(size).fill(0x7f), signature, reference })
    expect(opened).toMatchObject({ ok: false, error: expect.stringMatching(/./) })
  }
})
