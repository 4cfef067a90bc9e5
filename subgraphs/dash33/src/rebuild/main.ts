import { parseArgs } from 'node:util'
import { poolConfig } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { readOfflineConfig } from '../config.ts'
import { JournalStore } from '../engine/journal/store.ts'
import { withOfflinePool } from '../offline-database.ts'
import { type RebuiltTable, rebuild } from '../projections/index.ts'
import { retentionRules } from '../retention-rules.ts'

const USAGE = `usage: npm run rebuild-projections -- [NAME…] [--database URL]
  Empties these projections (without a name: all) and folds them anew from the engine's journal, from the first command on; then says
  of every table whether it is what it was. The exchange must not be running. Events for other domains are not sent again.
  It works on DATABASE_URL, or without that on the embedded PostgreSQL of npm start.`

async function main(): Promise<boolean> {
  const { names, databaseUrl } = flags()
  const database = readOfflineConfig()
  return withOfflinePool({ ...database, databaseUrl: databaseUrl ?? database.databaseUrl }, async (pool, url) => {
    // The engine's own lock: no exchange runs, or starts, while its projections are gone.
    const store = await JournalStore.connect(poolConfig(url), () => {})
    try {
      if (!(await store.tryLead())) throw new Error('the exchange is running: stop it first')
      const { journal } = store
      const tables = await rebuild({ pool, journal, names, retention: retentionRules, clock: systemClock })
      return print(tables)
    } finally {
      await store.close()
    }
  })
}

function flags(): { names: string[]; databaseUrl: string | undefined } {
  try {
    const { values, positionals } = parseArgs({ options: { database: { type: 'string' } }, allowPositionals: true })
    return { names: positionals, databaseUrl: values.database }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

/** @returns whether everything is as it was. */
function print(tables: readonly RebuiltTable[]): boolean {
  console.log(
    `${'projection'.padEnd(11)} ${'table'.padEnd(17)} ${'before'.padStart(10)} ${'rebuilt'.padStart(10)}  checksum`,
  )
  for (const { projection, table, rowsBefore, rows, hash, equal } of tables) {
    const counts = `${String(rowsBefore).padStart(10)} ${String(rows).padStart(10)}`
    console.log(
      `${projection.padEnd(11)} ${table.padEnd(17)} ${counts}  ${hash.slice(0, 16)} ${equal ? 'as before' : 'DIFFERS'}`,
    )
  }
  const different = tables.filter(({ equal }) => !equal).map(({ table }) => table)
  console.log(different.length === 0 ? '✓ all as before' : `✗ not what was there: ${different.join(', ')}`)
  return different.length === 0
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
