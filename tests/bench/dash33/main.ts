// npm run bench:dash33 [-- SECTION …]: what the exchange is measured by, each section on its own or all in turn.
import { cpus, loadavg, totalmem } from 'node:os'

/** A row per figure. */
type Section = () => Promise<object[]>

const SECTIONS: Record<string, Section> = {
  book: async () => (await import('./book.ts')).measureBook(),
  engine: async () => (await import('./engine.ts')).measureEngine(),
  journal: async () => (await import('./journal.ts')).measureJournal(),
  gateway: async () => (await import('./gateway.ts')).measureGateway(),
  ledger: async () => (await import('./ledger.ts')).measureLedger(),
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in SECTIONS))
if (unknown.length > 0) {
  console.error(`bench:dash33: no section ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`)
  process.exit(1)
}

const load = () => loadavg().map((each) => each.toFixed(2))
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
console.log(
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${memory}, Node ${process.version}, V8 ${process.versions.v8}`,
)
for (const [name, measure] of Object.entries(SECTIONS)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const before = load()
  const rows = await measure()
  console.log(`\n${name}: load over 1, 5 and 15 minutes ${before.join(', ')} before and ${load().join(', ')} after`)
  console.table(rows)
}
