import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { onPlatformDatabase } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { mlflowSettings, platformPlace } from '../config.ts'
import { manifestSchema, openRegistry } from '../registry/index.ts'
import { MlflowClient } from './client.ts'
import { exportVersion, importVersion } from './transfer.ts'

const USAGE = `npm run mlflow -- export --model NAME --version N
npm run mlflow -- import --model NAME --version N|@ALIAS [--manifest FILE]
  MLFLOW_TRACKING_URI names the server, MLFLOW_TRACKING_TOKEN a token for it. The models are those of DATABASE_URL, or without that of the
  embedded PostgreSQL of npm start (running or not).
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
  const client = new MlflowClient(mlflowSettings())
  const isExport = direction === 'export'
  if (isExport ? !Number.isInteger(Number(version)) : direction !== 'import') throw new Error(USAGE)
  return onPlatformDatabase('anya', platformPlace(), async (url) => {
    await using stack = new AsyncDisposableStack()
    const { registry } = await openRegistry(url, new Map(), stack)
    if (isExport) {
      const exported = await exportVersion(
        registry,
        client,
        { modelName: model, version: Number(version) },
        systemClock,
      )
      return `${exported.isNew ? 'exported' : 'known there'} as version ${exported.version} of ${model}\n`
    }
    const manifest = values.manifest && foreignManifest.parse(JSON.parse(await readFile(values.manifest, 'utf8')))
    const wish = { name: model, version, by: null, ...(manifest ? { manifest } : {}) }
    const imported = await importVersion(registry, client, wish)
    return `${imported.isNew ? 'registered' : 'known here'} as version ${imported.version}\n`
  })
}

try {
  process.stdout.write(await main())
} catch (error) {
  process.stderr.write(`mlflow: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
