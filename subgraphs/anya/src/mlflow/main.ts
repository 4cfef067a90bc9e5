import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { MemoryCache } from '@opsource/cache'
import { migrate } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { mlflowSettings } from '../config.ts'
import { openDatabase } from '../database.ts'
import { InferenceEngine } from '../inference/index.ts'
import { ModelRegistry, manifestSchema } from '../registry/index.ts'
import { MlflowClient } from './client.ts'
import { exportVersion, importVersion } from './transfer.ts'

const USAGE = `npm run mlflow -- export --model NAME --version N
npm run mlflow -- import --model NAME --version N|@ALIAS [--manifest FILE]
  DATABASE_URL names anya's database, MLFLOW_TRACKING_URI the server, MLFLOW_TRACKING_TOKEN a token for it.
  --manifest: what a model takes that OPSource did not export: a manifest.json without sha256 and metrics.
`

const foreignManifest = manifestSchema.omit({ sha256: true, metrics: true })

async function main(): Promise<string> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      model: { type: 'string' },
      version: { type: 'string' },
      manifest: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return USAGE
  const [direction, ...rest] = positionals
  const { model, version } = values
  if (rest.length > 0 || !model || !version) throw new Error(USAGE)
  const { databaseUrl, server } = mlflowSettings()
  await migrate('anya', databaseUrl)
  await using stack = new AsyncDisposableStack()
  const database = openDatabase(databaseUrl)
  stack.defer(() => database.$disconnect())
  const log = pino({ level: 'silent' })
  const engine = new InferenceEngine({ observer: { ran() {}, refused() {}, restarted() {} }, log })
  stack.defer(() => engine.close())
  const cache = new MemoryCache({ clock: systemClock, log })
  stack.defer(() => cache.close())
  const registry = new ModelRegistry({ database, clock: systemClock, engine, cache, served: new Map() })
  const client = new MlflowClient(server)
  switch (direction) {
    case 'export': {
      const key = { modelName: model, version: Number(version) }
      if (!Number.isInteger(key.version)) throw new Error(USAGE)
      const exported = await exportVersion(registry, client, key, systemClock)
      return `${exported.isNew ? 'exported' : 'known there'} as version ${exported.version} of ${model}\n`
    }
    case 'import': {
      const manifest = values.manifest && foreignManifest.parse(JSON.parse(await readFile(values.manifest, 'utf8')))
      const wish = { name: model, version, by: null, ...(manifest ? { manifest } : {}) }
      const imported = await importVersion(registry, client, wish)
      return `${imported.isNew ? 'registered' : 'known here'} as version ${imported.version}\n`
    }
    default:
      throw new Error(USAGE)
  }
}

try {
  process.stdout.write(await main())
} catch (error) {
  process.stderr.write(`mlflow: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
