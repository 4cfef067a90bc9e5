import { FEATURE_HASH } from '../features/index.ts'
import { CHALLENGER, CHAMPION } from './history.ts'
import { UnreadableVersion } from './integrity.ts'
import { readModel } from './model-file.ts'
import type { ModelRegistry } from './model-registry.ts'
import { ruleBeside } from './rule.ts'
import type { ServableVersion, VersionKey } from './store.ts'

const CAME_WITH_RELEASE = 'came with the release'

/** A line of models that the platform serves. */
export interface OpenedLine {
  readonly modelName: string
  /** The files that came with the release, by SHA-256. */
  readonly spares: ReadonlyMap<string, Uint8Array>
}

/**
 * Registers what lies in `directory`, where it is new: the baseline as a version of its own, and the trained model, which serves where
 * the gate lets it pass, and otherwise runs in the baseline's shadow. What serves already stays, unless it never passed a gate or was
 * made for other features than this release computes. Throws where the directory's model was trained on other features than those.
 */
export async function openLine(registry: ModelRegistry, directory: string): Promise<OpenedLine> {
  const { onnx, manifest, evaluation } = await readModel(directory)
  const modelName = manifest.name
  if (manifest.featureHash !== FEATURE_HASH) {
    throw new Error(`${modelName} was trained on other features than this release computes: train it again`)
  }
  const rule = ruleBeside(manifest)
  const reason = 'the baseline, as a version of its own'
  const baseline = await registry.store.register(rule.onnx, rule.manifest, { reason })
  const registration = { reason: CAME_WITH_RELEASE, ...(evaluation ? { evaluation } : {}) }
  const { version } = await registry.store.register(onnx, manifest, registration)
  // What cannot be read is left to whoever loads it: that something else has to serve is found there.
  await installBaseline(registry, { modelName, version: baseline.version }).catch(unlessUnreadable)
  await judgeOnce(registry, { modelName, version }).catch(unlessUnreadable)
  return {
    modelName,
    spares: new Map([
      [manifest.sha256, onnx],
      [rule.manifest.sha256, rule.onnx],
    ]),
  }
}

/** As `openLine`. @returns the version that serves. */
export async function openChampion(registry: ModelRegistry, directory: string): Promise<ServableVersion> {
  const { modelName } = await openLine(registry, directory)
  const champion = await registry.champion(modelName)
  if (!champion) throw new Error(`nothing serves ${modelName}`)
  return champion
}

function unlessUnreadable(error: unknown): void {
  if (!(error instanceof UnreadableVersion)) throw error
}

async function installBaseline(registry: ModelRegistry, baseline: VersionKey): Promise<void> {
  const { modelName } = baseline
  const champion = await registry.champion(modelName)
  if (champion?.version === baseline.version) return
  const move = (await registry.aliases.moves(modelName, CHAMPION, 1)).at(-1)
  const isEarned = move?.action === 'PROMOTED' || move?.action === 'ROLLED_BACK'
  if (champion?.manifest.featureHash === FEATURE_HASH && isEarned) return
  await registry.installRule(baseline, champion?.version ?? null, 'serves until a model beats it')
}

/** What a person chose as challenger stays. */
async function judgeOnce(registry: ModelRegistry, key: VersionKey): Promise<void> {
  if (await registry.aliases.wasJudged(key)) return
  const wish = { by: null, reason: CAME_WITH_RELEASE }
  const { kind } = await registry.promote(key, wish)
  if (kind !== 'REFUSED') return
  const move = (await registry.aliases.moves(key.modelName, CHALLENGER, 1)).at(-1)
  if (!move || move.by === null) await registry.setAlias(key, CHALLENGER, wish)
}
