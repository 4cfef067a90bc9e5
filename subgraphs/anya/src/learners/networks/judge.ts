import ort from 'onnxruntime-node'
import { INPUT } from '../../onnx/writer.ts'
import type { NetworkRows } from './fit.ts'
import type { Standard } from './standard.ts'
import { LABELS, lossGraph, type NetworkShape, STATE } from './step.ts'

/** The weights that lost least on rows that were not learnt. */
export interface Best {
  readonly epochs: number
  readonly loss: number
  readonly weights: Readonly<Record<string, Float32Array>>
}

const SESSION = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const
/** Rows at once: so many fit in the processor's cache. */
const CHUNK = 1_024

/** Computes the loss on rows that are not learnt. */
export class Judge implements AsyncDisposable {
  readonly #session: ort.InferenceSession
  readonly #chunks: readonly { readonly rows: number; readonly feeds: Readonly<Record<string, ort.Tensor>> }[]

  private constructor(session: ort.InferenceSession, rows: NetworkRows, { width, outputs }: NetworkShape) {
    this.#session = session
    const size = rows.values.length / width
    this.#chunks = Array.from({ length: Math.ceil(size / CHUNK) }, (_, k) => {
      const [from, to] = [k * CHUNK, Math.min(size, (k + 1) * CHUNK)]
      const tensor = (values: Float32Array, columns: number) =>
        new ort.Tensor('float32', values.slice(from * columns, to * columns), [to - from, columns])
      return { rows: to - from, feeds: { [INPUT]: tensor(rows.values, width), [LABELS]: tensor(rows.labels, outputs) } }
    })
  }

  static async open(rows: NetworkRows, shape: NetworkShape, standard: Standard): Promise<Judge> {
    return new Judge(await ort.InferenceSession.create(lossGraph(shape, standard), SESSION), rows, shape)
  }

  /** @returns the mean over the rows. */
  async lossOf(parameters: ort.Tensor): Promise<number> {
    let [sum, count] = [0, 0]
    for (const { rows, feeds } of this.#chunks) {
      sum += Number((await this.#session.run({ ...feeds, [STATE[0]]: parameters })).loss?.data[0]) * rows
      count += rows
    }
    return sum / count
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.release()
  }
}
