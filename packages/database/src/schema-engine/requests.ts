import { systemClock } from '@opsource/kernel'
import type {
  CreateMigrationInput,
  CreateMigrationOutput,
  DiffParams,
  EvaluateDataLossInput,
  EvaluateDataLossOutput,
  SchemaEngine,
} from '@prisma/schema-engine-wasm'
import { Client } from 'pg'
import { poolConfig, quoted, schemaOf } from '../connection.ts'
import { warningsOf } from './data-loss.ts'
import { differenceSql } from './difference.ts'
import { Engine } from './engine.ts'
import { offlineSessions } from './offline.ts'

/** The engine's methods that the CLI calls and that need no help of ours. */
const PLAIN_METHODS = new Set<string>([
  'applyMigrations',
  'dbExecute',
  'devDiagnostic',
  'diagnoseMigrationHistory',
  'ensureConnectionValidity',
  'introspect',
  'markMigrationApplied',
  'markMigrationRolledBack',
  'schemaPush',
])

type PlainMethod = (engine: SchemaEngine) => (input: unknown) => Promise<unknown>

/** Answers the CLI's requests by the WebAssembly engine, and makes good what that build cannot do. */
export class EngineRequests {
  readonly #url: string | undefined
  readonly #datamodels: [string, string][]
  readonly #print: (text: string) => void
  #engine: Engine | undefined

  constructor(url: string | undefined, datamodels: [string, string][], print: (text: string) => void) {
    this.#url = url
    this.#datamodels = datamodels
    this.#print = print
  }

  async answer(method: string, params: unknown): Promise<unknown> {
    switch (method) {
      case 'getDatabaseVersion':
        return (await this.#fresh()).run((wasm) => wasm.version(null))
      case 'createDatabase':
        return this.#createDatabase()
      case 'diff':
        return this.#diff(params as DiffParams)
      case 'createMigration':
        return this.#createMigration(params as CreateMigrationInput)
      case 'evaluateDataLoss':
        return this.#evaluateDataLoss(params as EvaluateDataLossInput)
      case 'reset':
        return this.#reset()
      default:
        if (!PLAIN_METHODS.has(method)) throw new Error(`the schema engine has no method ${method}`)
        return (await this.#fresh()).run((wasm) => plain(method)(wasm)(params))
    }
  }

  async close(): Promise<void> {
    await this.#engine?.close()
    this.#engine = undefined
  }

  /** An engine per request: the WebAssembly build hands out its shadow database only once. */
  async #fresh(): Promise<Engine> {
    await this.close()
    if (!this.#url) throw new Error('this command needs a database')
    await this.#ensureSchema()
    const options = this.#datamodels.length > 0 ? { datamodels: this.#datamodels } : {}
    this.#engine = await Engine.open(this.#url, options)
    return this.#engine
  }

  async #diff(params: DiffParams): Promise<{ exitCode: number; stdout: null }> {
    const needsDatabase = [params.from, params.to].some(({ tag }) => tag !== 'empty' && tag !== 'schemaDatamodel')
    const engine = needsDatabase
      ? await this.#fresh()
      : await Engine.open('postgresql://offline', { sessions: offlineSessions })
    const { stdout, exitCode } = await engine.run((wasm) => wasm.diff(params))
    if (stdout !== null) this.#print(stdout)
    return { exitCode, stdout: null }
  }

  async #createMigration(input: CreateMigrationInput): Promise<CreateMigrationOutput> {
    const sql = await differenceSql(await this.#fresh(), input.migrationsList, input.schema)
    const warnings = warningsOf(sql).map(({ message }) => `  - ${message}\n`)
    const head = warnings.length > 0 ? `/*\n  Warnings:\n\n${warnings.join('')}\n*/\n` : ''
    const stamp = new Date(systemClock.now()).toISOString().replace(/\D/g, '').slice(0, 14)
    const name = input.migrationName
      .trim()
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
    return {
      connectorType: 'postgresql',
      extension: 'sql',
      generatedMigrationName: `${stamp}_${name}`.replace(/_+$/, ''),
      migrationScript: sql || input.draft ? head + (sql || '-- This is an empty migration.') : null,
    }
  }

  async #evaluateDataLoss(input: EvaluateDataLossInput): Promise<EvaluateDataLossOutput> {
    const sql = await differenceSql(await this.#fresh(), input.migrationsList, input.schema)
    return { migrationSteps: sql ? 1 : 0, unexecutableSteps: [], warnings: warningsOf(sql) }
  }

  async #reset(): Promise<object> {
    const engine = await this.#fresh()
    await engine.run((wasm) => wasm.reset({ filter: { externalTables: [], externalEnums: [] } }))
    await this.#ensureSchema()
    return {}
  }

  async #createDatabase(): Promise<{ databaseName: string }> {
    const config = poolConfig(this.#url ?? '')
    const databaseName = String(config.database)
    const client = new Client({ ...config, database: 'postgres' })
    await client.connect()
    try {
      await client.query(`CREATE DATABASE ${quoted(databaseName)}`)
    } finally {
      await client.end()
    }
    return { databaseName }
  }

  /** The engine expects the schema that it works in to exist. */
  async #ensureSchema(): Promise<void> {
    const url = this.#url ?? ''
    const client = new Client(poolConfig(url))
    await client.connect()
    try {
      const { rowCount } = await client.query('SELECT FROM pg_namespace WHERE nspname = $1', [schemaOf(url)])
      if (!rowCount) await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schemaOf(url))}`)
    } finally {
      await client.end()
    }
  }
}

function plain(method: string): PlainMethod {
  return (engine) => {
    const found: unknown = Reflect.get(engine, method)
    if (typeof found !== 'function') throw new Error(`the schema engine has lost its method ${method}`)
    return async (input) => found.call(engine, input)
  }
}
