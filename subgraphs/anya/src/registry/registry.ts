import { FEATURE_HASH } from '../features/index.ts'
import type { Manifest } from './manifest.ts'
import { readModel } from './model-file.ts'
import type { RegistryStore } from './store.ts'

/** The version that serves, with its file. */
export interface ServedModel {
  readonly name: string
  readonly version: number
  readonly manifest: Manifest
  readonly onnx: Uint8Array
}

/**
 * Registers the trained model that lies in `directory`, where it is new, and gives back the version that serves. Where that was trained
 * on other features than this code computes (another release wrote it), the model in `directory` takes its place. Throws where that
 * does not fit either.
 */
export async function openChampion(store: RegistryStore, directory: string): Promise<ServedModel> {
  const { onnx, manifest } = await readModel(directory)
  const { version } = await store.register(onnx, manifest)
  if (!(await fits(store, manifest.name))) await store.promote({ modelName: manifest.name, version })
  const champion = await store.champion(manifest.name)
  if (champion?.manifest.featureHash !== FEATURE_HASH) {
    throw new Error(`${manifest.name} was trained on other features than this release computes: train it again`)
  }
  return { name: manifest.name, version: champion.version, manifest: champion.manifest, onnx: champion.onnx }
}

async function fits(store: RegistryStore, modelName: string): Promise<boolean> {
  return (await store.champion(modelName))?.manifest.featureHash === FEATURE_HASH
}
