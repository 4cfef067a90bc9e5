import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import type { Domain } from '../domain.ts'

const PRISMA_DIRECTORY = path.resolve(import.meta.dirname, '../../../../prisma')

export const noFilters = { externalTables: [], externalEnums: [] }

export function migrationsDirectory(domain: Domain): string {
  return path.join(PRISMA_DIRECTORY, domain, 'migrations')
}

export function schemaFile(domain: Domain): string {
  return path.join(PRISMA_DIRECTORY, domain, 'schema.prisma')
}

/** Reads a migration history as the schema engine wants it; a directory that does not exist yet is an empty history. */
export function readHistory(directory: string): MigrationList {
  const names = existsSync(directory)
    ? readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : []
  const lockfile = path.join(directory, 'migration_lock.toml')
  return {
    baseDir: directory,
    shadowDbInitScript: '',
    lockfile: { path: 'migration_lock.toml', content: existsSync(lockfile) ? readFileSync(lockfile, 'utf8') : null },
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: migrationContent(path.join(directory, name, 'migration.sql')) },
    })),
  }
}

function migrationContent(file: string): { tag: 'ok' | 'error'; value: string } {
  return existsSync(file) ? { tag: 'ok', value: readFileSync(file, 'utf8') } : { tag: 'error', value: 'not found' }
}
