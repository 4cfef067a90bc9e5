import ort from 'onnxruntime-node'
import { type Signature, widthOf } from './protocol.ts'

// One thread inside onnxruntime: more only helps large batches on an idle machine, and costs tail latency on a shared one.
const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const

/** An onnxruntime session that holds a file to its signature. Its runs block the thread that they are called on. */
export class ModelSession {
  readonly signature: Signature
  readonly #session: ort.InferenceSession

  private constructor(session: ort.InferenceSession, signature: Signature) {
    this.#session = session
    this.signature = signature
  }

  /** Throws where onnxruntime cannot load the file. */
  static async open(onnx: Uint8Array, signature: Signature): Promise<ModelSession> {
    return new ModelSession(await ort.InferenceSession.create(onnx, SESSION_OPTIONS), signature)
  }

  /**
   * @param rows whole rows of the input, one after another.
   * @returns the rows of the output. Throws where the rows do not fit, or the model does not keep its signature.
   */
  async run(rows: Float32Array): Promise<Float32Array> {
    const { input, output } = this.signature
    const count = rows.length / widthOf(input)
    if (!Number.isInteger(count)) throw new Error(`${rows.length} numbers are no rows of ${widthOf(input)}`)
    const tensor = new ort.Tensor('float32', rows, [count, ...input.tail])
    const result = (await this.#session.run({ [input.name]: tensor }, [output.name]))[output.name]
    if (!result || !(result.data instanceof Float32Array)) throw new Error(`${output.name} is no float32 tensor`)
    const expected = [count, ...output.tail]
    if (result.dims.join() !== expected.join()) {
      throw new Error(`${output.name} has the shape ${result.dims.join('×')} instead of ${expected.join('×')}`)
    }
    return result.data
  }

  release(): Promise<void> {
    return this.#session.release()
  }
}
