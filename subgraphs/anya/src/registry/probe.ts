import { type InferenceEngine, MAX_BATCH_ROWS, plainReason, type ServedModel, widthOf } from '../inference/index.ts'
import type { Evaluation } from './evaluation.ts'
import { DAMAGED, isIntact } from './integrity.ts'
import type { ServableVersion } from './store.ts'

const RUNS = 100
/** A trial is in no hurry: what counts is how long a run takes once it runs. */
const PATIENCE_MS = 20_000
/** A machine that does other things too is slow now and then: a row's best try shows what the model takes, and one fast try is enough. */
const MAX_TRIES = 10
/** With more rows than this above the budget, their 99th percentile is. */
const MAX_SLOW_ROWS = 1
/** Of one row through the worker thread, in milliseconds: a tick of all markets has a second, and shares the machine. */
export const MAX_P99_MS = 5

/** What a version does when it is loaded and run. */
export type Probe =
  | {
      readonly kind: 'RAN'
      /** Rows of the sample. */
      readonly rows: number
      /** From the trainer's answers; null where there is no sample. */
      readonly maxDifference: number | null
      /** 99th percentile of one row, milliseconds. */
      readonly p99Ms: number
    }
  | { readonly kind: 'UNUSABLE'; readonly message: string }

/** Loads the version into a thread of its own, runs its sample there, and lets it go again. */
export async function probe(
  engine: Pick<InferenceEngine, 'load' | 'unload'>,
  version: ServableVersion,
  sample: Evaluation['sample'] | null,
): Promise<Probe> {
  if (!isIntact(version)) return { kind: 'UNUSABLE', message: DAMAGED }
  const { modelName, version: number, onnx, signature } = version
  const loaded = await engine.load({ id: `${modelName} ${number} on trial`, onnx, signature })
  if (!loaded.ok) {
    const { error } = loaded
    return {
      kind: 'UNUSABLE',
      message: error.kind === 'NOT_LOADABLE' ? error.message : `It is not loaded: ${error.kind}.`,
    }
  }
  try {
    const width = widthOf(signature.input)
    const rows = sample ? flat(sample.rows, width) : new Float32Array(width)
    const expected = sample ? sample.expected.flat() : null
    if (!rows) return { kind: 'UNUSABLE', message: `The sample's rows are not of ${width} numbers.` }
    const maxDifference = expected === null ? null : await differenceOf(loaded.value, rows, width, expected)
    return { kind: 'RAN', rows: rows.length / width, maxDifference, p99Ms: await latencyOf(loaded.value, rows, width) }
  } catch (error) {
    return { kind: 'UNUSABLE', message: plainReason(error) }
  } finally {
    await engine.unload(loaded.value)
  }
}

function flat(rows: Evaluation['sample']['rows'], width: number): Float32Array | null {
  return rows.every(({ length }) => length === width) ? Float32Array.from(rows.flat()) : null
}

async function differenceOf(model: ServedModel, rows: Float32Array, width: number, expected: readonly number[]) {
  const answers: number[] = []
  for (let from = 0; from < rows.length; from += MAX_BATCH_ROWS * width)
    answers.push(...(await answerOf(model, rows.subarray(from, from + MAX_BATCH_ROWS * width))))
  if (answers.length !== expected.length)
    throw new Error(`The model gives ${answers.length} numbers for the sample, the trainer ${expected.length}.`)
  // NaN differs from everything, and stays the worst.
  return answers.reduce((worst, answer, i) => {
    const difference = Math.abs(answer - expected[i]!)
    return Number.isNaN(worst) || difference <= worst ? worst : difference
  }, 0)
}

async function latencyOf(model: ServedModel, rows: Float32Array, width: number): Promise<number> {
  const count = rows.length / width
  const times: number[] = []
  for (let run = 0; run < RUNS && times.filter((time) => time > MAX_P99_MS).length <= MAX_SLOW_ROWS; run++) {
    const at = (run % count) * width
    let best = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < MAX_TRIES && best > MAX_P99_MS; attempt++) {
      const startedAt = performance.now()
      await answerOf(model, rows.subarray(at, at + width))
      best = Math.min(best, performance.now() - startedAt)
    }
    times.push(best)
  }
  return times.sort((a, b) => b - a)[MAX_SLOW_ROWS] ?? Number.POSITIVE_INFINITY
}

async function answerOf(model: ServedModel, rows: Float32Array): Promise<Float32Array> {
  const answer = await model.run(rows, { deadlineMs: PATIENCE_MS })
  if (answer.ok) return answer.value
  throw new Error(
    answer.error.kind === 'INVALID' ? answer.error.message : `The model did not answer: ${answer.error.kind}.`,
  )
}
