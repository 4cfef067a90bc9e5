import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Manifest, manifestSchema } from './manifest.ts'

/** The folder in which training leaves the model that the demo serves. */
export const MODELS_DIRECTORY = path.resolve(import.meta.dirname, '../../models')

/** Reads a trained model and its manifest from the folder that training wrote. */
export async function readModel(directory: string): Promise<{ onnx: Uint8Array<ArrayBuffer>; manifest: Manifest }> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8')))
  const onnx = await readFile(path.join(directory, `${manifest.name}.onnx`))
  return { onnx: Uint8Array.from(onnx), manifest }
}
