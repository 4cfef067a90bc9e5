import { readFileSync } from 'node:fs'
import type { MigrationList, SchemasContainer } from '@prisma/schema-engine-wasm'
import type { Domain } from '../domain.ts'
import { Engine } from './engine.ts'
import { migrationsDirectory, noFilters, readHistory, schemaFile } from './history.ts'

/** What Prisma keeps beside the migrations; a first migration is made before it is there. */
export const LOCKFILE = 'provider = "postgresql"\n'

/**
 * The SQL that leads from a migration history to a schema; empty when they agree. Makes and drops a shadow database.
 * Stands in for the engine's own createMigration, which fails in the WebAssembly build once there is a history.
 */
export async function differenceSql(engine: Engine, history: MigrationList, schema: SchemasContainer): Promise<string> {
  const { stdout } = await engine.run((wasm) =>
    wasm.diff({
      from: {
        tag: 'migrations',
        ...history,
        lockfile: { ...history.lockfile, content: history.lockfile.content ?? LOCKFILE },
      },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: null,
      filters: noFilters,
    }),
  )
  return /^\s*-- This is an empty migration/.test(stdout ?? '') ? '' : (stdout ?? '')
}

/** @returns the SQL that the domain's next migration must hold. `adminUrl` is of any server where databases may be made. */
export async function nextMigration(domain: Domain, adminUrl: string): Promise<string> {
  const url = new URL(adminUrl)
  url.searchParams.set('schema', domain)
  const engine = await Engine.open(url.toString())
  try {
    const file = schemaFile(domain)
    const schema = { files: [{ path: file, content: readFileSync(file, 'utf8') }] }
    return await differenceSql(engine, readHistory(migrationsDirectory(domain)), schema)
  } finally {
    await engine.close()
  }
}
