import { describe, expect, test, vi } from 'vitest'
import { type ForeignModel, foreignModel, turningModel } from '../testing/foreign-model.ts'
import { TRIAL_LIMITS, type TrialLimits, tryInProcess } from './trial-process.ts'

// A process starts slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000 })
const PATIENT: TrialLimits = { ...TRIAL_LIMITS, startMs: 50_000, runMs: 50_000 }

const signature = { input: { name: 'x', tail: [1] }, output: { name: 'y', tail: [1] } }
const constant = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  values: Float32Array.from(values),
})
const sizes = (name: string, ...values: number[]) => ({ name, shape: [values.length], values })
const model = (nodes: ForeignModel['nodes'], constants: ForeignModel['constants'] = []): ForeignModel => ({
  inputs: [{ name: 'x', shape: ['N', 1] }],
  outputs: [{ name: 'y', shape: ['N', 1] }],
  nodes,
  constants,
})
const doubled = model([{ operator: 'Mul', inputs: ['x', 'two'], outputs: ['y'] }], [constant('two', 2)])

interface Changes {
  readonly expected?: readonly number[]
  readonly maxBatchMs?: number
  readonly limits?: Partial<TrialLimits>
}

const tried = (file: ForeignModel | Uint8Array, { expected, maxBatchMs = 10_000, limits = {} }: Changes = {}) =>
  tryInProcess(
    {
      onnx: file instanceof Uint8Array ? file : foreignModel(file),
      signature,
      sample: Float32Array.of(1, 2, -3),
      expected: Float32Array.from(expected ?? [2, 4, -6]),
      tolerance: 1e-5,
      maxBatchMs,
    },
    { ...PATIENT, ...limits },
  )

test('a model that gives what its trainer expects is told with its figures', async () => {
  const trial = await tried(doubled)
  if (!trial.ok) throw new Error(trial.error.message)
  expect(trial.value.difference).toBe(0)
  expect(trial.value.rowMs).toBeGreaterThan(0)
  expect(trial.value.batchMs).toBeGreaterThan(0)
})

describe('a model is refused that', () => {
  test.each<[string, ForeignModel | Uint8Array, string, string, Changes?]>([
    ['onnxruntime cannot load', Uint8Array.of(8, 9), 'RUNS', 'onnxruntime'],
    [
      'gives no number',
      model([{ operator: 'Log', inputs: ['x'], outputs: ['y'] }]),
      'FINITE',
      'row 2 of the sample it gives NaN',
    ],
    [
      'gives something else than is expected',
      doubled,
      'PARITY',
      'not give what its trainer',
      { expected: [2, 4, -6.001] },
    ],
    ['is expected to give no number', doubled, 'PARITY', 'not give what its trainer', { expected: [2, 4, Number.NaN] }],
    [
      'gives another shape than it says',
      model([{ operator: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: 1 } }]),
      'RUNS',
      'instead of 3×1',
    ],
    [
      'looks at the rows beside a row',
      model([{ operator: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: 0 } }]),
      'ROWS_INDEPENDENT',
      'something else alone',
      { expected: [0.26762316, 0.72747516, 0.00490169] },
    ],
    ['takes longer than it may', doubled, 'LATENCY', 'too many milliseconds', { maxBatchMs: 0 }],
    ['never ends', turningModel(Number.MAX_SAFE_INTEGER), 'TIME', 'not done in time', { limits: { runMs: 1_000 } }],
    [
      'takes all memory there is',
      model(
        [
          { operator: 'ConstantOfShape', inputs: ['huge'], outputs: ['zeros'] },
          { operator: 'ReduceSum', inputs: ['zeros'], outputs: ['zero'], attributes: { keepdims: 0 } },
          { operator: 'Add', inputs: ['x', 'zero'], outputs: ['y'] },
        ],
        [sizes('huge', 16, 1024, 1024, 24)],
      ),
      'MEMORY',
      'too many bytes',
    ],
  ])('%s', async (_, file, check, message, changes) => {
    expect(await tried(file, changes)).toMatchObject({
      ok: false,
      error: { check, message: expect.stringContaining(message) },
    })
  })
})
