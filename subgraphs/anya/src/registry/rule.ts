import { createHash } from 'node:crypto'
import { INPUT, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import type { Manifest } from './manifest.ts'

/**
 * The baseline of a model of directions as a version of its own: `1 / (1 + exp(-coefficient × feature))` as an ONNX file that takes the
 * same rows, so that it serves where no model beats it.
 */
export function ruleBeside(model: Manifest): { onnx: Uint8Array<ArrayBuffer>; manifest: Manifest } {
  const { name, features, baseline } = model
  const weights = new Float32Array(features.length)
  const column = features.indexOf(baseline.feature)
  if (column < 0) throw new Error(`${name} has no feature ${baseline.feature}`)
  weights[column] = baseline.coefficient
  const onnx = Uint8Array.from(
    writeOnnx({
      name: `${name}-rule`,
      width: features.length,
      nodes: [
        { operator: 'MatMul', inputs: [INPUT, 'weights'], outputs: ['logit'] },
        { operator: 'Sigmoid', inputs: ['logit'], outputs: [OUTPUT] },
      ],
      constants: [{ name: 'weights', shape: [features.length, 1], values: weights }],
      metadata: { feature_hash: model.featureHash, rule: baseline.feature },
    }),
  )
  const { parentVersion: _, ...lineage } = model
  return {
    onnx,
    manifest: {
      ...lineage,
      kind: 'RULE',
      sha256: createHash('sha256').update(onnx).digest('hex'),
      recipe: { candidate: 'rule', parameters: { feature: baseline.feature, coefficient: baseline.coefficient } },
      metrics: baselineMetrics(model.metrics),
    },
  }
}

/** What was measured of the baseline on the model's held-out rows is what the rule shows of itself. */
function baselineMetrics(metrics: Manifest['metrics']): Manifest['metrics'] {
  const own = Object.entries(metrics).filter(([name]) => name.startsWith('baseline.'))
  return Object.fromEntries(own.map(([name, value]) => [name.slice('baseline.'.length), value]))
}
