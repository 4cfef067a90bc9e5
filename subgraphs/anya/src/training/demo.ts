import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { onPlatformDatabase, type PlatformPlace } from '@opsource/database'
import { HOURLY_LINES, hourlyServedLine } from '../hourly/index.ts'
import type { InferenceEngine, Runner } from '../inference/index.ts'
import { INPUT, OUTPUT } from '../onnx/writer.ts'
import { DIRECTION_MODEL, directionLine } from '../prediction/index.ts'
import { type ModelRegistry, openChampion, openRegistry, readModel, type Transition } from '../registry/index.ts'
import { midDirection } from './mid-direction.ts'
import { RECIPES } from './recipes.ts'

const COMMAND = path.join(import.meta.dirname, 'train.ts')
const RUNS = 200
const HISTORY = 10

/** Between forecasts of directions, as the platform makes them. */
const STEP_MS = 1_000

/**
 * Trains every recipe, as many at once as there are processors; then registers the models with the platform, lets the gate decide which of
 * them serve, loads those and asks them for forecasts. A platform that runs takes them up by itself.
 * @returns what became of each, for people.
 */
export async function demonstrate(platform: PlatformPlace, folder: string): Promise<string> {
  // The longest last in the table begin first.
  const waiting = RECIPES.map(({ name }) => name).reverse()
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
      await trained(name, path.join(folder, name))
  }
  await Promise.all(Array.from({ length: availableParallelism() }, lane))
  return onPlatformDatabase('anya', platform, (url) => registered(url, folder))
}

async function registered(url: string, folder: string): Promise<string> {
  await using stack = new AsyncDisposableStack()
  // What is live is for a platform to judge.
  const lines = HOURLY_LINES.map((line) => [line.modelName, hourlyServedLine(line)] as const)
  const direction = directionLine(STEP_MS, () => new Map())
  const served = new Map([[DIRECTION_MODEL, direction], ...lines])
  const { registry, engine } = await openRegistry(url, served, stack)
  const told = []
  for (const { name } of RECIPES) told.push(await judged(registry, engine, path.join(folder, name)))
  return told.join('')
}

function trained(recipe: string, out: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, recipe, '--out', out], { stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${recipe} could not be trained`))))
  })
}

async function judged(registry: ModelRegistry, engine: InferenceEngine, directory: string): Promise<string> {
  const { manifest, evaluation } = await readModel(directory)
  const { name: modelName } = manifest
  // Where no model of directions beats the rule, the rule serves.
  if (modelName === midDirection.name) await openChampion(registry, directory)
  else await registerAndJudge(registry, directory)
  const history = await registry.aliases.history(modelName, { limit: HISTORY })
  const verdict = history.find(({ checks }) => checks !== null)
  const champion = await registry.champion(modelName)
  const title = `${modelName}: ${verdict ? told(verdict) : 'not judged'}\n`
  if (!champion) return title
  const loaded = await engine.load({ id: modelName, onnx: champion.onnx, signature: champion.signature })
  if (!loaded.ok) return `${title}  not served: ${loaded.error.kind}\n`
  const p99Ms = await slowest(loaded.value, Float32Array.from(evaluation?.sample.rows[0] ?? []))
  return `${title}  version ${champion.version} (${champion.manifest.recipe.candidate}) serves: ${RUNS} forecasts, p99 ${p99Ms.toFixed(2)} ms\n`
}

async function registerAndJudge(registry: ModelRegistry, directory: string): Promise<void> {
  const { onnx, manifest, evaluation } = await readModel(directory)
  const reason = 'trained for the demo'
  const outputs = evaluation?.sample.expected[0]?.length ?? 1
  const signature = {
    input: { name: INPUT, tail: [manifest.features.length] },
    output: { name: OUTPUT, tail: [outputs] },
  }
  const registration = { reason, signature, ...(evaluation ? { evaluation } : {}) }
  const { version } = await registry.store.register(onnx, manifest, registration)
  await registry.promote({ modelName: manifest.name, version }, { by: null, reason })
}

function told({ toVersion, action, checks }: Transition): string {
  const failed = (checks ?? []).filter(({ passed }) => !passed)
  const why = failed.map(({ name, observed, threshold }) => `${name} is ${observed}, the limit ${threshold}`).join('; ')
  return `version ${toVersion} ${action.toLowerCase()}${why === '' ? '' : ` (${why})`}`
}

async function slowest(model: Runner, row: Float32Array): Promise<number> {
  const milliseconds: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const begin = performance.now()
    const answer = await model.run(row)
    if (!answer.ok) throw new Error(`a forecast was refused: ${answer.error.kind}`)
    milliseconds.push(performance.now() - begin)
  }
  return milliseconds.sort((a, b) => a - b)[Math.floor(RUNS * 0.99)]!
}
