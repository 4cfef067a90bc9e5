import { parseArgs } from 'node:util'
import { poolConfig } from '@opsource/database'
import { readOfflineConfig } from '../config.ts'
import { JournalReader } from '../engine/journal/reader.ts'
import { withOfflineDatabase } from '../offline-database.ts'
import { parseRange, type ReplayReport, replayRange, type SequenceRange } from './replay.ts'

const USAGE = `usage: npm run replay -- FROM..TO [--database URL]
  Applies the journaled commands FROM to TO again (FROM.. : to the last one), beginning with the newest snapshot before them, proves
  the chain of hashes row by row, and prints what they were, what came of them and the state's hash.
  It reads DATABASE_URL, or without that the embedded PostgreSQL of npm start (running or not).`

async function main(): Promise<void> {
  const { range, databaseUrl } = flags()
  const database = readOfflineConfig()
  const warn = (message: string, fields: Record<string, unknown>) => console.error(`! ${message}`, fields)
  const report = await withOfflineDatabase(
    { ...database, databaseUrl: databaseUrl ?? database.databaseUrl },
    (pg, url) => replayRange(new JournalReader(pg, poolConfig(url)), range, warn),
  )
  print(report)
}

function flags(): { range: SequenceRange; databaseUrl: string | undefined } {
  const { values, positionals } = parse()
  const range = parseRange(positionals[0] ?? '')
  if (range === null || positionals.length !== 1) throw new Error(USAGE)
  return { range, databaseUrl: values.database }
}

function parse() {
  try {
    return parseArgs({ options: { database: { type: 'string' } }, allowPositionals: true })
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

function print(report: ReplayReport): void {
  const { from, to, startedAfter, applied, elapsedMs } = report
  const start = startedAfter === 0 ? 'the beginning' : `the snapshot of ${startedAfter}`
  console.log(`✓ ${from}..${to}: every row is whole, chained, and stands on the state that it was written on`)
  printCounts('commands', report.commands)
  printCounts('events', report.events)
  console.log(`digest      ${report.digest}`)
  console.log(`state hash  ${report.stateHash}`)
  const rate = Math.round(applied / (elapsedMs / 1_000))
  console.log(`${applied} commands from ${start} in ${elapsedMs.toFixed(0)} ms: ${rate.toLocaleString('en')}/s`)
}

function printCounts(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(title)
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, count] of sorted) console.log(`  ${name.padEnd(24)} ${String(count).padStart(9)}`)
}

try {
  await main()
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
