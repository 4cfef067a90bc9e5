import { parseArgs } from 'node:util'
import { formatDecimal } from '@opsource/kernel'
import { readOfflineConfig } from '../config.ts'
import { ASSET_SCALES, assetScale } from '../market/index.ts'
import { withOfflinePool } from '../offline-database.ts'
import { auditLedger, type Difference, type LedgerAudit } from './index.ts'

const USAGE = `usage: npm run audit-ledger -- [--database URL]
  Recounts the ledger from its entries and compares it with balances, holds, open orders, credits, trades, and the engine's own books;
  names each difference, and ends with 1 where there is one. The exchange may be running.
  It reads DATABASE_URL, or without that the embedded PostgreSQL of npm start (running or not).`
/** Of one check: a table that is wrong from end to end needs no page for each row. */
const MAX_SHOWN = 50

async function main(): Promise<boolean> {
  const database = readOfflineConfig()
  const audit = await withOfflinePool({ ...database, databaseUrl: flags() ?? database.databaseUrl }, (pool) =>
    auditLedger(pool),
  )
  return print(audit)
}

function flags(): string | undefined {
  try {
    return parseArgs({ options: { database: { type: 'string' } } }).values.database
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

/** @returns whether everything agrees. */
function print({ watermark, entries, checks, engineAway }: LedgerAudit): boolean {
  console.log(`ledger as of command ${watermark}: ${entries} entries`)
  for (const { name, differences } of checks) {
    console.log(`${differences.length === 0 ? '✓' : '✗'} ${name.padEnd(36)} ${differences.length || ''}`)
    for (const difference of differences.slice(0, MAX_SHOWN)) console.log(line(difference))
    if (differences.length > MAX_SHOWN) console.log(`    … and ${differences.length - MAX_SHOWN} more`)
  }
  if (engineAway !== null) console.log(`! the engine’s own books could not be compared: ${engineAway}`)
  return checks.every(({ differences }) => differences.length === 0)
}

function line({ account, asset, expected, found, detail }: Difference): string {
  const where = detail === null ? '' : ` (${detail})`
  return `    ${account ?? 'all accounts'} ${asset}: expected ${amount(expected, asset)}, found ${amount(found, asset)}${where}`
}

/** Where something is not an amount of an asset that the exchange knows, as it stands there. */
function amount(units: string | null, asset: string): string {
  if (units === null || !Object.hasOwn(ASSET_SCALES, asset)) return units ?? 'nothing'
  return formatDecimal(BigInt(units), assetScale(asset))
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
