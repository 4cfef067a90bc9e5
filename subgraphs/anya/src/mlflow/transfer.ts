import { createHash } from 'node:crypto'
import type { Clock } from '@opsource/kernel'
import { z } from 'zod'
import { MAX_BATCH_MS } from '../admission/admission.ts'
import { inspectModel } from '../admission/inspection.ts'
import { tryInProcess } from '../admission/trial-process.ts'
import { widthOf } from '../inference/index.ts'
import {
  CHAMPION,
  dataHashOf,
  evaluationSchema,
  isIntact,
  type Manifest,
  type ModelRegistry,
  manifestSchema,
  type ServableVersion,
  signatureSchema,
  type VersionKey,
} from '../registry/index.ts'
import { type MlflowClient, MlflowError, type MlflowVersion } from './client.ts'
import { ML_MODEL, onnxPathOf, writeMlModel } from './ml-model.ts'

/** All of ours that MLflow has no place for; with it an import is the very version that was exported. */
const OWN_FILE = 'opsource.json'
const HASH_TAG = 'opsource.sha256'
/** How far what a file gives for its sample may be from what its trainer gave: float32 carries seven digits. */
const TOLERANCE = 1e-5
/** Figures by these names are measured here, and believed by the gate. */
const MEASURED_HERE = 'trial.'

const ownSchema = z.object({
  manifest: manifestSchema,
  signature: signatureSchema,
  evaluation: evaluationSchema.nullable(),
})
type Own = z.infer<typeof ownSchema>

export interface Exported {
  readonly version: string
  /** False where the server has the very file of that line already. */
  readonly isNew: boolean
}

/**
 * Exports a version with its run: parameters, metrics and tags, the ONNX file in MLflow's own layout, and its aliases other than
 * `champion`, which is said as a tag, as what serves there is not ours to decide.
 */
export async function exportVersion(
  registry: ModelRegistry,
  client: MlflowClient,
  key: VersionKey,
  clock: Clock,
): Promise<Exported> {
  const version = await registry.store.servable(key)
  if (!version)
    throw new MlflowError(
      'UNKNOWN_VERSION',
      `there is no version ${key.version} of ${key.modelName}, or its file was let go`,
    )
  if (!isIntact(version)) throw new MlflowError('DAMAGED', `the file of ${key.modelName} ${key.version} is damaged`)
  const { modelName: name } = version
  await client.ensureModel(name)
  const hash = { key: HASH_TAG, value: version.sha256 }
  const [known] = await client.versionsTagged(name, hash)
  const exported = known ?? (await createVersion(registry, client, version, clock))
  // Also where it was there: the line may have gone dead after the version, and before its names.
  for (const { alias, version: pointed } of await registry.aliases.of([name]))
    if (pointed === version.version && alias !== CHAMPION) await client.setAlias(name, alias, exported.version)
  return { version: exported.version, isNew: !known }
}

/** The version comes last: before it there is a run with files, which nobody takes for a model. */
async function createVersion(
  registry: ModelRegistry,
  client: MlflowClient,
  version: ServableVersion,
  clock: Clock,
): Promise<MlflowVersion> {
  const { modelName: name } = version
  const experiment = await client.experiment(`opsource/${name}`)
  const run = await client.createRun(experiment, `${name} ${version.version}`, version.createdAt.getTime())
  const { run_id } = run.info
  const folder = `${run.info.artifact_uri}/model`
  try {
    await client.logBatch(run_id, entriesOf(version), clock.now())
    await putFiles(registry, client, folder, version, run_id)
    await client.endRun(run_id, 'FINISHED', clock.now())
  } catch (error) {
    await client.endRun(run_id, 'FAILED', clock.now()).catch(() => {})
    throw error
  }
  const tags = [{ key: HASH_TAG, value: version.sha256 }, ...(await tagsOf(registry, version))]
  const description = `OPSource ${name} ${version.version}`
  return client.createVersion({ name, source: folder, run_id, description, tags })
}

function entriesOf({ manifest, sha256 }: ServableVersion) {
  const { recipe, metrics, seed, featureHash, codeVersion, horizonMs } = manifest
  const params = Object.entries(recipe.parameters).map(([key, value]) => ({ key, value: String(value) }))
  const tags = Object.entries({
    [HASH_TAG]: sha256,
    'opsource.feature_hash': featureHash,
    'opsource.data_hash': dataHashOf(manifest) ?? undefined,
    'mlflow.source.git.commit': codeVersion,
  })
  return {
    params: [
      { key: 'recipe', value: recipe.candidate },
      { key: 'seed', value: String(seed) },
      { key: 'horizon_ms', value: String(horizonMs) },
      ...params,
    ],
    metrics: Object.entries(metrics).map(([key, value]) => ({ key, value })),
    tags: tags.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  }
}

async function putFiles(
  registry: ModelRegistry,
  client: MlflowClient,
  folder: string,
  version: ServableVersion,
  runId: string,
): Promise<void> {
  const { manifest, signature, onnx } = version
  const own: Own = { manifest, signature, evaluation: await registry.store.evaluation(version) }
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text))
  const createdAt = version.createdAt.toISOString()
  await client.putArtifact(folder, 'model.onnx', Uint8Array.from(onnx))
  await client.putArtifact(folder, OWN_FILE, bytes(JSON.stringify(own)))
  await client.putArtifact(folder, ML_MODEL, bytes(writeMlModel({ runId, signature, createdAt })))
}

async function tagsOf(registry: ModelRegistry, { modelName, version }: ServableVersion) {
  const own = await registry.aliases.tags([{ modelName, version }])
  const champion = await registry.aliases.version(modelName, CHAMPION)
  const tags = own.map(({ key, value }) => ({ key, value }))
  return champion === version ? [...tags, { key: 'opsource.serves', value: 'true' }] : tags
}

export interface ImportWish {
  readonly name: string
  /** A version's number, or an alias of it with `@` before. */
  readonly version: string
  /** For a model that was not exported by OPSource: what it promises; its hash is taken from the file. */
  readonly manifest?: Omit<Manifest, 'sha256' | 'metrics'>
  /** Of who imports. */
  readonly by: string | null
}

/**
 * Imports a version: its file, what its run measured, and its tags. It serves nobody before the gate has let it pass.
 * @throws MlflowError where the server has no such version, or it is no model that could be run here.
 */
export async function importVersion(
  registry: ModelRegistry,
  client: MlflowClient,
  wish: ImportWish,
): Promise<{ version: number; isNew: boolean }> {
  const { name, version: wanted, by } = wish
  const found = wanted.startsWith('@')
    ? await client.versionByAlias(name, wanted.slice(1))
    : await client.version(name, wanted)
  if (found.status !== 'READY')
    throw new MlflowError('NOT_READY', `version ${found.version} of ${name} is ${found.status} there`)
  const run = found.run_id === '' ? null : await client.run(found.run_id)
  // A version may point to its run's folder by the run's name: `runs:/<id>/model`.
  const source = found.source.replace(/^runs:\/[^/]+/, run?.info.artifact_uri ?? found.source)
  const onnx = await onnxOf(client, source)
  const own = (await ownOf(client, source, name)) ?? foreignOf(wish, onnx, run?.data.metrics ?? [])
  await tryOut(onnx, own)
  const registration = {
    signature: own.signature,
    ...(own.evaluation ? { evaluation: own.evaluation } : {}),
    by,
    reason: `imported from MLflow: ${name} ${found.version}`,
  }
  // What is no baseline of ours has to pass the gate as any other, whatever it says that it is.
  const { kind: _, ...manifest } = own.manifest
  const registered = await registry.store.register(onnx, manifest, registration)
  const key = { modelName: own.manifest.name, version: registered.version }
  for (const tag of importedTags(found)) await registry.aliases.setTag(key, tag)
  return registered
}

async function onnxOf(client: MlflowClient, source: string): Promise<Uint8Array<ArrayBuffer>> {
  const text = await client.artifact(source, ML_MODEL)
  if (!text) throw new MlflowError('UNUSABLE', `there is no ${ML_MODEL} in ${source}`)
  const path = onnxPathOf(new TextDecoder().decode(text))
  if (path === null) throw new MlflowError('UNUSABLE', 'the model has no ONNX flavour')
  const onnx = await client.artifact(source, path)
  if (!onnx) throw new MlflowError('UNUSABLE', `there is no ${path} in ${source}`)
  return onnx
}

/** As an upload is tried. */
async function tryOut(onnx: Uint8Array, { signature, evaluation }: Own): Promise<void> {
  const sample = evaluation?.sample
  const inspected = inspectModel(onnx, signature)
  const tried = inspected.ok
    ? await tryInProcess({
        onnx,
        signature,
        sample: sample ? Float32Array.from(sample.rows.flat()) : new Float32Array(2 * widthOf(signature.input)),
        expected: sample ? Float32Array.from(sample.expected.flat()) : null,
        tolerance: TOLERANCE,
        maxBatchMs: MAX_BATCH_MS,
      })
    : inspected
  if (!tried.ok) throw new MlflowError('UNUSABLE', `${tried.error.check}: ${tried.error.message}`)
}

async function ownOf(client: MlflowClient, source: string, name: string): Promise<Own | null> {
  const content = await client.artifact(source, OWN_FILE)
  if (!content) return null
  const own = parsedOwn(content)
  if (!own) throw new MlflowError('UNUSABLE', `${OWN_FILE} cannot be read`)
  if (own.manifest.name === name) return own
  throw new MlflowError('UNUSABLE', `${OWN_FILE} is of another model than ${name}`)
}

function parsedOwn(content: Uint8Array): Own | null {
  try {
    return ownSchema.parse(JSON.parse(new TextDecoder().decode(content)))
  } catch {
    return null
  }
}

function foreignOf(
  { manifest }: ImportWish,
  onnx: Uint8Array,
  metrics: readonly { readonly key: string; readonly value: number }[],
): Own {
  if (!manifest) throw new MlflowError('UNUSABLE', `it was not exported by OPSource: say with a manifest what it takes`)
  const others = metrics.filter(({ key }) => !key.startsWith(MEASURED_HERE))
  const measured = Object.fromEntries(others.map(({ key, value }) => [key, value]))
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const signature = {
    input: { name: 'features', tail: [manifest.features.length] },
    output: { name: 'probability', tail: [1] },
  }
  return { manifest: { ...manifest, sha256, metrics: measured }, signature, evaluation: null }
}

const MAX_TAG = { key: 64, value: 1_000 }

function importedTags({ tags, name, version }: MlflowVersion): { key: string; value: string }[] {
  const own = tags.filter(
    ({ key, value }) => !key.startsWith('opsource.') && key.length <= MAX_TAG.key && value.length <= MAX_TAG.value,
  )
  return [{ key: 'mlflow.version', value: `${name} ${version}` }, ...own]
}
