import ort from 'onnxruntime-node'
import { INPUT, OUTPUT } from '../../onnx/writer.ts'
import type { Matrix } from '../boosted-trees/index.ts'
import { exportNetwork } from './export.ts'
import type { NetworkModel } from './fit.ts'

const SESSION = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 } as const
/** Rows at once. */
const CHUNK = 4_096

/** @returns what the objective forecasts, row-major, by the forward pass of training. */
export async function predictNetwork(model: NetworkModel, { values, width }: Matrix): Promise<Float64Array> {
  const session = await ort.InferenceSession.create(exportNetwork(model, 'forward', {}, { fused: false }), SESSION)
  try {
    const size = values.length / width
    const result = new Float64Array(size * model.shape.outputs)
    for (let from = 0; from < size; from += CHUNK) {
      const rows = values.slice(from * width, Math.min(size, from + CHUNK) * width)
      const answers = await session.run({ [INPUT]: new ort.Tensor('float32', rows, [rows.length / width, width]) })
      const output = answers[OUTPUT]?.data
      if (!(output instanceof Float32Array)) throw new Error(`the network gives no ${OUTPUT}`)
      result.set(output, from * model.shape.outputs)
    }
    return result
  } finally {
    await session.release()
  }
}
