import { type BoostedModel, exportTrees } from '../learners/boosted-trees/index.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import type { LogisticModel } from './logistic.ts'

export type FittedModel = LogisticModel | BoostedModel

/** @returns an ONNX file that gives the model's probability of `UP` for rows of features. */
export function exportModel(model: FittedModel, name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
  if (model.kind === 'BOOSTED_TREES') return exportTrees(model, name, metadata)
  const width = model.weights.length
  const product: OnnxNode = { operator: 'MatMul', inputs: [INPUT, 'weights'], outputs: ['logit'] }
  const sigmoid: OnnxNode = { operator: 'Sigmoid', inputs: ['logit'], outputs: [OUTPUT] }
  const constants = [{ name: 'weights', shape: [width, 1], values: model.weights }]
  return writeOnnx({ name, width, nodes: [product, sigmoid], constants, metadata })
}
