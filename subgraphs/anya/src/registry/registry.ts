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
 * Registers the trained model that lies in `directory`, where it is new, and gives back the version that serves. Throws where that was
 * trained on other features than this code computes.
 */
export async function openChampion(store: RegistryStore, directory: string): Promise<ServedModel> {
  const { onnx, manifest } = await readModel(directory)
  await store.register(onnx, manifest)
  const champion = await store.champion(manifest.name)
  if (!champion) throw new Error(`no version of ${manifest.name} serves`)
  if (champion.manifest.featureHash !== FEATURE_HASH) {
    throw new Error(`version ${champion.version} of ${manifest.name} was trained on other features: train it again`)
  }
  return { name: manifest.name, version: champion.version, manifest: champion.manifest, onnx: champion.onnx }
}
