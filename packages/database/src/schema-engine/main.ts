// Speaks as Prisma's schema engine does: `cli <command>` for connectivity, else JSON-RPC over standard input and output.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '@opsource/kernel'
import { Client, DatabaseError } from 'pg'
import { poolConfig, quoted } from '../connection.ts'
import { loadWasm } from './engine.ts'
import { EngineRequests } from './requests.ts'

/** PostgreSQL's and the system's codes as Prisma's documented ones. */
const PRISMA_CODES: Readonly<Record<string, string>> = {
  '3D000': 'P1003',
  '28P01': 'P1000',
  ECONNREFUSED: 'P1001',
  ENOTFOUND: 'P1001',
}

const argv = process.argv.slice(2)
const valuesOf = (flag: string) => argv.flatMap((argument, index) => (argument === flag ? [argv[index + 1] ?? ''] : []))
const datasource = JSON.parse(valuesOf('--datasource')[0] ?? '{}') as { url?: string }
const command = argv.includes('cli') ? argv[argv.indexOf('cli') + 1] : undefined

if (argv.includes('--version')) process.stdout.write(`schema-engine-cli ${loadWasm().version()}\n`)
else if (command !== undefined) await connectivity(command, datasource.url ?? '')
else serve()

async function connectivity(name: string, url: string): Promise<void> {
  const database = quoted(String(poolConfig(url).database))
  const commands: Record<string, () => Promise<void>> = {
    'can-connect-to-database': () => ask(poolConfig(url), 'SELECT 1'),
    'create-database': () => ask({ ...poolConfig(url), database: 'postgres' }, `CREATE DATABASE ${database}`),
    'drop-database': () =>
      ask({ ...poolConfig(url), database: 'postgres' }, `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`),
  }
  try {
    const run = commands[name]
    if (!run) throw new Error(`unknown command ${name}`)
    await run()
  } catch (error) {
    const fields = { message: messageOf(error), error_code: PRISMA_CODES[codeOf(error)] ?? 'P1000', is_panic: false }
    const line = {
      timestamp: new Date(systemClock.now()).toISOString(),
      level: 'ERROR',
      fields,
      target: 'schema_engine::logger',
    }
    process.stderr.write(`${JSON.stringify(line)}\n`)
    process.exitCode = 1
  }
}

async function ask(config: ReturnType<typeof poolConfig>, sql: string): Promise<void> {
  const client = new Client(config)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** Answers one request after the other: a session of the engine can hold the migration lock. */
function serve(): void {
  const datamodels = valuesOf('--datamodels').map((file): [string, string] => [file, readFileSync(file, 'utf8')])
  const send = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  const print = (content: string) => send({ id: 0, method: 'print', params: { content } })
  const requests = new EngineRequests(datasource.url, datamodels, print)
  let chain = Promise.resolve()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const { id, method, params } = JSON.parse(line) as { id: number; method?: string; params?: unknown }
    // A line without a method is the CLI's receipt for a `print`.
    if (method === undefined) return
    chain = chain.then(async () => {
      try {
        send({ id, result: (await requests.answer(method, params)) ?? {} })
      } catch (error) {
        const data = { is_panic: false, message: messageOf(error), meta: null, error_code: codeOf(error) || null }
        send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } })
      }
    })
  })
  lines.on('close', () => {
    chain.then(() => requests.close()).finally(() => process.exit(0))
  })
}

function codeOf(error: unknown): string {
  if (error instanceof DatabaseError) return error.code ?? ''
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : ''
  return typeof code === 'string' ? code : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error)
}
