import { MAX_BATCH_ROWS } from '../inference/batch-queue.ts'
import { type Signature, widthOf } from '../inference/protocol.ts'
import { plainReason } from '../inference/reason.ts'
import { ModelSession } from '../inference/session.ts'
import { Rejected } from './rejection.ts'

/** Rows that are run alone, too. */
const MAX_ROWS_ALONE = 16
/** Runs of which the middle one is the model's time. */
const TIMED_RUNS = 21

export interface TrialRequest {
  readonly onnx: Uint8Array
  readonly signature: Signature
  /** Whole rows of the input, one after another. */
  readonly sample: Float32Array
  /** What the trainer gives for them; null where nobody said. */
  readonly expected: Float32Array | null
  /** Largest accepted distance of an output from what is expected. */
  readonly tolerance: number
  /** What a full batch may take, in milliseconds. */
  readonly maxBatchMs: number
}

/** What a model showed. */
export interface TrialFigures {
  /** Largest distance of an output from what is expected; 0 where nothing was. */
  readonly difference: number
  /** Of one row, and of a full batch: the middle of some runs, in milliseconds. */
  readonly rowMs: number
  readonly batchMs: number
}

/** Loads and runs a foreign model on its sample. Throws `Rejected`. It may as well never return, or end the process. */
export async function tryModel(request: TrialRequest): Promise<TrialFigures> {
  const { signature, sample, expected, tolerance, maxBatchMs } = request
  const width = widthOf(signature.input)
  const model = await runs(() => ModelSession.open(request.onnx, signature))
  const given = await runs(() => model.run(sample))
  const strange = given.findIndex((value) => !Number.isFinite(value))
  if (strange !== -1) {
    const row = Math.floor(strange / widthOf(signature.output))
    throw new Rejected('FINITE', `Of row ${row} of the sample it gives ${given[strange]}.`)
  }
  const difference = expected ? distance(given, expected) : 0
  if (difference > tolerance) {
    throw new Rejected('PARITY', 'It does not give what its trainer expects.', {
      observed: difference,
      limit: tolerance,
    })
  }
  await checkRowsAlone(model, sample, given, tolerance)
  const rowMs = await timeOf(model, sample.slice(0, width))
  const batchMs = await timeOf(model, repeated(sample, MAX_BATCH_ROWS * width))
  if (batchMs > maxBatchMs) {
    const figures = { observed: batchMs, limit: maxBatchMs }
    throw new Rejected('LATENCY', `${MAX_BATCH_ROWS} rows take too many milliseconds.`, figures)
  }
  return { difference, rowMs, batchMs }
}

async function runs<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    throw new Rejected('RUNS', `onnxruntime: ${plainReason(error)}`)
  }
}

async function checkRowsAlone(
  model: ModelSession,
  sample: Float32Array,
  given: Float32Array,
  tolerance: number,
): Promise<void> {
  const [width, outputs] = [widthOf(model.signature.input), widthOf(model.signature.output)]
  const rows = Math.min(MAX_ROWS_ALONE, sample.length / width)
  for (let row = 0; row < rows; row++) {
    const alone = await runs(() => model.run(sample.slice(row * width, (row + 1) * width)))
    const difference = distance(alone, given.subarray(row * outputs, (row + 1) * outputs))
    if (difference <= tolerance) continue
    const figures = { observed: difference, limit: tolerance }
    throw new Rejected('ROWS_INDEPENDENT', `Row ${row} of the sample gives something else alone.`, figures)
  }
}

async function timeOf(model: ModelSession, rows: Float32Array): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < TIMED_RUNS; run++) {
    const startedAt = performance.now()
    await runs(() => model.run(rows))
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(TIMED_RUNS / 2)]!
}

/** NaN where one of them is no number: nothing is within a tolerance of it. */
function distance(given: Float32Array, expected: Float32Array): number {
  let worst = 0
  if (given.length !== expected.length) return Number.POSITIVE_INFINITY
  for (let i = 0; i < given.length; i++) {
    const difference = Math.abs(given[i]! - expected[i]!)
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return worst
}

const repeated = (values: Float32Array, length: number) =>
  Float32Array.from({ length }, (_, i) => values[i % values.length]!)
