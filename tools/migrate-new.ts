// node tools/run.mjs tools/migrate-new.ts <domain> <name>
// Writes the next migration of a domain: what leads from its history to its schema.prisma.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import {
  directoriesOf,
  domains,
  isDomain,
  LOCKFILE,
  migrationsDirectory,
  nextMigration,
  startPostgres,
} from '@opsource/database'

const { positionals } = parseArgs({ allowPositionals: true })
const [domain, name] = positionals
if (!isDomain(domain) || !name || !/^[a-z0-9_]+$/.test(name)) {
  console.error(`usage: migrate-new <${domains.join('|')}> <name_in_snake_case>`)
  process.exit(2)
}

const directory = mkdtempSync(path.join(tmpdir(), 'opsource-migrate-'))
chmodSync(directory, 0o755)
const server = await startPostgres({ directory })
try {
  const sql = await nextMigration(domain, server.adminUrl)
  if (sql === '') {
    console.log(`${domain}: the migrations lead to schema.prisma already`)
  } else {
    const migrations = migrationsDirectory(domain)
    const stamp = new Date(Date.now()).toISOString().replace(/\D/g, '').slice(0, 14)
    const target = path.join(migrations, `${stamp}_${name}`)
    mkdirSync(target, { recursive: true })
    writeFileSync(path.join(target, 'migration.sql'), sql)
    if (!existsSync(path.join(migrations, 'migration_lock.toml'))) {
      writeFileSync(path.join(migrations, 'migration_lock.toml'), LOCKFILE)
    }
    console.log(path.relative(process.cwd(), path.join(target, 'migration.sql')))
  }
} finally {
  await server.stop()
  for (const each of directoriesOf(directory)) rmSync(each, { recursive: true, force: true })
}
