import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { migrate } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { databaseUrl } from '../config.ts'
import { openDatabase } from '../database.ts'
import { openChampion, RegistryStore } from '../registry/index.ts'
import type { Measures } from './measures.ts'
import { type TrainedModel, trainMidDirection } from './pipeline.ts'

const root = path.resolve(import.meta.dirname, '../../../..')

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: path.join(root, 'data/binance-btc-eth-2024-08-08') },
    out: { type: 'string', default: path.join(root, 'subgraphs/anya/models') },
    register: { type: 'boolean', default: false },
  },
})

const url = databaseUrl()
if (values.register && !url) {
  process.stderr.write('--register needs DATABASE_URL: the domain’s role on its schema\n')
  process.exit(1)
}
const trained = await trainMidDirection(values.data)
await mkdir(values.out, { recursive: true })
await writeFile(path.join(values.out, `${trained.manifest.name}.onnx`), trained.onnx)
await writeFile(path.join(values.out, 'manifest.json'), `${JSON.stringify(trained.manifest, null, 2)}\n`)
process.stdout.write(report(trained))
if (values.register && url) process.stdout.write(await register(url))

/** Puts the model into the registry of the database that DATABASE_URL names; a start does the same by itself. */
async function register(url: string): Promise<string> {
  await migrate('anya', url)
  const database = openDatabase(url)
  try {
    const served = await openChampion(new RegistryStore(database, systemClock), values.out)
    return `version ${served.version} of ${served.name} serves from the next start on\n`
  } finally {
    await database.$disconnect()
  }
}

function report({ manifest, comparison, rows, exportDifference }: TrainedModel): string {
  const line = (name: string, m: Measures) =>
    [name.padEnd(22), ...[m.auc, m.brier, m.logLoss, m.hitRate].map((value) => value.toFixed(4).padStart(9))].join('')
  return [
    `${rows} labelled rows; compared on ${comparison.testRows} later ones, walk-forward with purge:`,
    [''.padEnd(22), ...['auc', 'brier', 'log loss', 'hit rate'].map((name) => name.padStart(9))].join(''),
    line('baseline (imbalance)', comparison.baseline),
    ...comparison.evaluations.map(({ candidate, model }) => line(candidate.name, model)),
    `chosen by log loss: ${manifest.recipe.candidate}; onnxruntime differs by at most ${exportDifference.toExponential(1)}`,
    `${manifest.name}.onnx sha256 ${manifest.sha256}`,
    '',
  ].join('\n')
}
