import { pino } from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { foreignModel, turningModel } from '../testing/foreign-model.ts'
import { exportModel } from '../training/export.ts'
import { predictLogistic } from '../training/logistic.ts'
import { InferenceEngine } from './engine.ts'
import type { ModelSpec, ServedModel } from './served-model.ts'

const WIDTH = 17
const model = { kind: 'LOGISTIC', weights: Float32Array.from({ length: WIDTH }, (_, i) => i / 10) } as const
const onnx = exportModel(model, 'served', {})
const signature = { input: { name: 'features', tail: [WIDTH] }, output: { name: 'probability', tail: [1] } }
const rows = Float32Array.from({ length: 2 * WIDTH }, (_, i) => Math.sin(i))
const away = { ok: false, error: { kind: 'MODEL_AWAY' } }

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 60_000 })
const PATIENCE = { timeout: 40_000 }
const UNHURRIED = { runTimeoutMs: 50_000 }
const NO_HURRY = { deadlineMs: 50_000 }

let engine: InferenceEngine
let batches: number[]
let restarts: string[]
let unstable: string[]
beforeEach(() => {
  batches = []
  restarts = []
  unstable = []
  engine = new InferenceEngine({
    observer: {
      ran: (_, count) => void batches.push(count),
      refused: () => {},
      restarted: (_, id) => void restarts.push(id),
    },
    log: pino({ level: 'silent' }),
    onUnstable: (id) => void unstable.push(id),
    maxModels: 2,
  })
})
afterEach(() => engine.close())

async function served(changes: Partial<ModelSpec> = {}): Promise<ServedModel> {
  const loaded = await engine.load({ id: 'served 1', onnx, signature, ...UNHURRIED, ...changes })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  return loaded.value
}

test('the thread answers with the probabilities that training computes, and leaves the rows to the caller', async () => {
  const answer = await (await served()).run(rows)
  const expected = predictLogistic(model, rows)
  if (!answer.ok) throw new Error(answer.error.kind)
  expect(answer.value).toHaveLength(2)
  answer.value.forEach((probability, i) => {
    expect(probability).toBeCloseTo(expected[i]!, 6)
  })
  expect(rows[1]).toBeCloseTo(Math.sin(1))
})

test('what waits together runs together, at most 64 rows at a time, and each gets its own rows', async () => {
  const model = await served()
  const asked = Array.from({ length: 100 }, (_, i) => rows.map((value) => value * i))
  const answers = await Promise.all(asked.map((each) => model.run(each, NO_HURRY)))
  const alone = await Promise.all(asked.map((each) => model.score(each)))
  answers.forEach((answer, i) => {
    expect(answer).toEqual(alone[i])
  })
  expect(batches.slice(0, 5)).toEqual([2, 2, 64, 64, 64])
})

test('many rows are scored as they would be one by one', async () => {
  const model = await served({ concurrency: 2 })
  const many = Float32Array.from({ length: 1_000 * WIDTH }, (_, i) => Math.cos(i))
  const scored = await model.score(many)
  const last = await model.run(many.slice(-WIDTH))
  if (!scored.ok || !last.ok) throw new Error('refused')
  expect(scored.value).toHaveLength(1_000)
  expect(scored.value[999]).toBe(last.value[0])
})

test('more than may wait is refused, and what was taken is answered', async () => {
  const model = await served()
  const full = new Float32Array(64 * WIDTH)
  const answers = await Promise.all(Array.from({ length: 140 }, () => model.run(full, NO_HURRY)))
  expect(answers.filter(({ ok }) => ok)).toHaveLength(130)
  expect(answers.at(-1)).toEqual({ ok: false, error: { kind: 'QUEUE_FULL', waitingRows: 8_192 } })
})

test('what does not get its turn before its deadline is refused', async () => {
  const model = await served()
  const full = new Float32Array(64 * WIDTH)
  const before = [model.run(full, NO_HURRY), model.run(full, NO_HURRY)]
  expect(await model.run(rows, { deadlineMs: 0 })).toEqual({
    ok: false,
    error: { kind: 'DEADLINE_PASSED', deadlineMs: 0 },
  })
  expect((await Promise.all(before)).every(({ ok }) => ok)).toBe(true)
})

test('rows that do not fit are refused and cost nobody else an answer', async () => {
  const model = await served()
  const answers = await Promise.all(
    [rows, rows.slice(1), new Float32Array(0), rows].map((each) => model.run(each, NO_HURRY)),
  )
  expect(answers.map((answer) => answer.ok || answer.error.kind)).toEqual([true, 'INVALID', 'INVALID', true])
  expect(await model.score(rows.slice(1))).toMatchObject({ error: { kind: 'INVALID' } })
})

test('a thread that dies in the middle of a batch refuses it, is started again, and serves as before', async () => {
  const model = await served()
  const asked = model.run(rows)
  model.restart()
  expect([await asked, await model.run(rows)]).toEqual([away, away])
  await expect.poll(() => model.isReady, PATIENCE).toBe(true)
  expect((await model.run(rows)).ok).toBe(true)
  expect(restarts).toEqual(['served 1'])
})

test('a run that takes too long is refused as that, and its thread replaced', async () => {
  const axis = { tail: [1] }
  const slow = await served({
    onnx: foreignModel(turningModel(300_000)),
    signature: { input: { name: 'x', ...axis }, output: { name: 'y', ...axis } },
    runTimeoutMs: 1,
  })
  expect(await slow.run(Float32Array.of(1))).toMatchObject({ ok: false, error: { kind: 'TIMED_OUT' } })
  await expect.poll(() => slow.isReady, PATIENCE).toBe(true)
})

test('of several models one that loses its thread again and again is named, and the others serve', async () => {
  const [good, bad] = [await served({ id: 'good 1' }), await served({ id: 'bad 1' })]
  for (let crash = 1; crash <= 3; crash++) {
    await expect.poll(() => bad.isReady, PATIENCE).toBe(true)
    bad.restart()
    expect((await good.run(rows)).ok).toBe(true)
  }
  expect(unstable).toEqual(['bad 1'])
  expect(restarts).toEqual(['bad 1', 'bad 1', 'bad 1'])
})

test('a model that is unloaded answers what it has taken, and the next one serves meanwhile', async () => {
  const [before, after] = [await served({ id: 'served 1' }), await served({ id: 'served 2' })]
  const taken = Array.from({ length: 50 }, () => before.run(rows, NO_HURRY))
  const unloaded = engine.unload(before)
  expect(await before.run(rows)).toEqual(away)
  expect((await after.run(rows)).ok).toBe(true)
  expect((await Promise.all(taken)).every(({ ok }) => ok)).toBe(true)
  await unloaded
})

test.each([
  ['is no model', Uint8Array.from([1, 2, 3]), signature],
  ['has no such input', onnx, { ...signature, input: { name: 'x', tail: [WIDTH] } }],
  ['has another width', onnx, { ...signature, input: { name: 'features', tail: [WIDTH + 1] } }],
  ['has another output', onnx, { ...signature, output: { name: 'probability', tail: [2] } }],
])('a file that %s is not served', async (_, file, signature) => {
  const loaded = await engine.load({ id: 'served 1', onnx: file, signature })
  expect(loaded).toMatchObject({ ok: false, error: { kind: 'NOT_LOADABLE' } })
})

test('why a file is not served is said without the places in onnxruntime’s own source', async () => {
  const file = foreignModel({
    inputs: [{ name: 'features', shape: ['N', WIDTH] }],
    outputs: [{ name: 'probability', shape: ['N', 1] }],
    nodes: [{ operator: 'Reshape', inputs: ['features', 'wrong'], outputs: ['probability'] }],
    constants: [{ name: 'wrong', shape: [2], values: [7, 1] }],
  })
  const loaded = await engine.load({ id: 'served 1', onnx: file, signature })
  const message = loaded.ok || loaded.error.kind !== 'NOT_LOADABLE' ? '' : loaded.error.message
  expect(message).toContain('The input tensor cannot be reshaped')
  expect(message).not.toMatch(/onnxruntime_src|onnxruntime::|\.h:\d/)
})

test('no more models are served than may be, and none that is too large', async () => {
  const large = new Uint8Array(32 * 1024 * 1024 + 1)
  expect(await engine.load({ id: 'large 1', onnx: large, signature })).toMatchObject({ error: { kind: 'TOO_LARGE' } })
  await Promise.all([served(), served()])
  const more = await engine.load({ id: 'served 2', onnx, signature })
  expect(more).toEqual({ ok: false, error: { kind: 'TOO_MANY_MODELS', limit: 2 } })
})

test('after close nothing is answered', async () => {
  const model = await served()
  await engine.close()
  expect(await model.run(rows)).toEqual(away)
})
