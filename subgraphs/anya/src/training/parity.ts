import ort from 'onnxruntime-node'
import { INPUT, OUTPUT } from '../onnx/writer.ts'

/** Largest accepted difference between the trainer's figures and the exported file's, which computes in float32. */
export const MAX_DIFFERENCE = 1e-5

/**
 * Runs the exported file with onnxruntime on the rows.
 * @returns the largest absolute difference from the trainer's own probabilities.
 */
export async function exportDifference(
  onnx: Uint8Array,
  rows: Float32Array,
  width: number,
  expected: ArrayLike<number>,
): Promise<number> {
  const session = await ort.InferenceSession.create(onnx, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const input = new ort.Tensor('float32', rows, [rows.length / width, width])
    const output = (await session.run({ [INPUT]: input }))[OUTPUT]?.data
    if (!(output instanceof Float32Array)) throw new Error(`the exported model gives no ${OUTPUT}`)
    return output.reduce((worst, probability, i) => Math.max(worst, Math.abs(probability - expected[i]!)), 0)
  } finally {
    await session.release()
  }
}
