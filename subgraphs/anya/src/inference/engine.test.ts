import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { FEATURE_COUNT } from '../features/index.ts'
import { exportModel } from '../training/export.ts'
import { predictLogistic } from '../training/logistic.ts'
import { InferenceEngine } from './engine.ts'

const model = { kind: 'LOGISTIC', weights: Float32Array.from({ length: FEATURE_COUNT }, (_, i) => i / 10) } as const
const onnx = exportModel(model, 'served', {})
const rows = Float32Array.from({ length: 2 * FEATURE_COUNT }, (_, i) => Math.sin(i))
const restarts: string[] = []
const observer = { ran: () => {}, restarted: (reason: string) => restarts.push(reason) }

let engine: InferenceEngine
afterEach(() => engine.close())

function engineOf(file: Uint8Array): InferenceEngine {
  engine = new InferenceEngine(file, FEATURE_COUNT, observer, pino({ level: 'silent' }))
  return engine
}

test('the thread answers with the probabilities that training computes, all rows in one run', async () => {
  await engineOf(onnx).start()
  const served = await engine.run(rows)
  const expected = predictLogistic(model, rows)
  expect(served).toHaveLength(2)
  served?.forEach((probability, i) => {
    expect(probability).toBeCloseTo(expected[i]!, 6)
  })
  expect(rows[0]).toBe(0)
})

test('more runs than may wait are refused with null, not queued without end', async () => {
  await engineOf(onnx).start()
  const answers = await Promise.all(Array.from({ length: 20 }, () => engine.run(rows)))
  expect(answers.filter((answer) => answer === null).length).toBe(16)
})

test('a thread that dies answers null, is started again, and serves as before', async () => {
  await engineOf(onnx).start()
  const asked = engine.run(rows)
  await engine.restart()
  await asked
  expect(await engine.run(rows)).toBeNull()
  await expect.poll(() => engine.isReady, { timeout: 5_000 }).toBe(true)
  expect(await engine.run(rows)).toHaveLength(2)
  expect(restarts.length).toBeGreaterThan(0)
})

test('a file that is no model is refused at the start', async () => {
  await expect(engineOf(Uint8Array.from([1, 2, 3])).start()).rejects.toThrow('the model cannot be loaded')
})

test('a row of the wrong width costs its own answer only', async () => {
  await engineOf(onnx).start()
  expect(await engine.run(rows.slice(1))).toBeNull()
  expect(await engine.run(rows)).toHaveLength(2)
})

test('after close nothing is answered', async () => {
  await engineOf(onnx).start()
  await engine.close()
  expect(await engine.run(rows)).toBeNull()
})
