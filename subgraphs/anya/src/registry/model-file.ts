import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Evaluation, evaluationSchema } from './evaluation.ts'
import { type Manifest, manifestSchema } from './manifest.ts'

/** The folder in which training leaves the model that the demo serves. */
export const MODELS_DIRECTORY = path.resolve(import.meta.dirname, '../../models')

export interface ModelFiles {
  readonly onnx: Uint8Array<ArrayBuffer>
  readonly manifest: Manifest
  /** Null where training left none: then the model is registered and not promoted. */
  readonly evaluation: Evaluation | null
}

/** Reads a trained model, its manifest and its evaluation from the folder that training wrote. */
export async function readModel(directory: string): Promise<ModelFiles> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8')))
  const onnx = await readFile(path.join(directory, `${manifest.name}.onnx`))
  const text = await readFile(path.join(directory, 'evaluation.json'), 'utf8').catch(absent)
  return {
    onnx: Uint8Array.from(onnx),
    manifest,
    evaluation: text === null ? null : evaluationSchema.parse(JSON.parse(text)),
  }
}

function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
