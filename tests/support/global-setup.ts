import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { directoriesOf, startPostgres } from '@opsource/database'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The administrator of a server that holds nothing but test databases. */
    adminUrl: string
  }
}

/** Processes are killed in tests, machines are not: only the drills wait for the disk. */
const LASTING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  live: { fsync: 'off', full_page_writes: 'off' },
}

/** One PostgreSQL for the whole run: databases are fresh, servers needn't be. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'opsource-test-'))
  // PostgreSQL's own user must reach it where the tests run as root.
  chmodSync(directory, 0o755)
  const server = await startPostgres({ directory, settings: { max_connections: '400', ...LASTING[project.name] } })
  project.provide('adminUrl', server.adminUrl)
  return async () => {
    await server.stop()
    for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
  }
}
