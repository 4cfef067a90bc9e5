import path from 'node:path'
import { parseArgs } from 'node:util'
import { onPlatformDatabase } from '@opsource/database'
import { platformPlace } from '../config.ts'
import { MODELS_DIRECTORY } from '../registry/index.ts'
import { writeWhole } from './checkpoints.ts'
import { demonstrate } from './demo.ts'
import type { Metrics, TrainingInput } from './recipe.ts'
import { RECIPES, readInput } from './recipes.ts'
import { register } from './registration.ts'
import { type Progress, type TrainedModel, train } from './run.ts'

const root = path.resolve(import.meta.dirname, '../../../..')
const WRITER = 'command'

const usage = () =>
  [
    'npm run train -- all [--out DIR]',
    '  every recipe; registers the models, and lets serve what passes the gate',
    'npm run train -- [RECIPE] [--parameter NAME=VALUE …] [--seed N] [--data DIR] [--out DIR] [--register]',
    '  one recipe, mid-direction unless told; --register registers the model, and no more',
    'Models are registered in DATABASE_URL, or without that in the embedded PostgreSQL of npm start (running or not).',
    ...RECIPES.flatMap(({ name, about, parameters }) => [
      `  ${name}: ${about}`,
      ...parameters.map((rule) => `      ${rule.name} = ${rule.default}: ${rule.about}`),
    ]),
    '',
  ].join('\n')

async function main(): Promise<string> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string', default: path.join(root, 'data') },
      out: { type: 'string' },
      parameter: { type: 'string', multiple: true, default: [] },
      seed: { type: 'string' },
      register: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return usage()
  const [recipe = 'mid-direction', ...rest] = positionals
  if (recipe === 'all') return demonstrate(platformPlace(), values.out ?? path.join(root, '.data/models'))
  if (rest.length > 0) throw new Error(`one RECIPE, not ${positionals.length}\n${usage()}`)
  const input = readInput({
    recipe,
    parameters: values.parameter.map(named),
    seed: values.seed === undefined ? null : Number(values.seed),
  })
  if (!input.ok) throw new Error(`${input.error.message}\n${usage()}`)
  const platform = platformPlace()
  const trained = await train(input.value, { dataDirectory: values.data, report: showProgress })
  const out = values.out ?? outOf(input.value)
  await writeWhole(path.join(out, `${recipe}.onnx`), trained.onnx, WRITER)
  await writeWhole(path.join(out, 'manifest.json'), `${JSON.stringify(trained.manifest, null, 2)}\n`, WRITER)
  if (trained.evaluation)
    await writeWhole(path.join(out, 'evaluation.json'), `${JSON.stringify(trained.evaluation)}\n`, WRITER)
  const lines = [report(trained), `written to ${out}\n`]
  if (values.register) {
    const { version, isNew } = await onPlatformDatabase('anya', platform, (url) => register(url, trained))
    lines.push(`${isNew ? 'registered as' : 'known as'} version ${version} of ${recipe}\n`)
  }
  return lines.join('')
}

/** The model of the demo lies with the code; others are made when they are wanted. */
const outOf = ({ recipe }: TrainingInput) =>
  recipe === 'mid-direction' ? MODELS_DIRECTORY : path.join(root, '.data/models', recipe)

function named(text: string): { name: string; value: number } {
  const [name = '', value = ''] = text.split('=')
  return { name, value: Number(value === '' ? Number.NaN : value) }
}

let shown = ''
async function showProgress({ stage, fold, folds, percent }: Progress): Promise<void> {
  const line = `${String(percent).padStart(3)} %  ${fold === null ? stage.toLowerCase() : `fold ${fold} of ${folds}`}\n`
  if (line !== shown) process.stderr.write(line)
  shown = line
}

function report({ manifest, metrics, exportDifference }: TrainedModel): string {
  return [
    `${manifest.name} (${manifest.recipe.candidate}), by walk-forward with purge and embargo:`,
    ...table(metrics),
    `onnxruntime differs from the trainer by at most ${exportDifference.toExponential(1)}`,
    `${manifest.name}.onnx sha256 ${manifest.sha256}`,
    '',
  ].join('\n')
}

const table = (metrics: Metrics) =>
  Object.entries(metrics).map(
    ([name, value]) => `  ${name.padEnd(40)} ${String(Number(value.toPrecision(6))).padStart(12)}`,
  )

try {
  process.stdout.write(await main())
} catch (error) {
  process.stderr.write(`train: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
