import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Archive } from './offline/archive.ts'
import { exportKnownAt, exportRows } from './offline/export.ts'
import { storedEntities, storedManifest } from './offline/listing.ts'
import { lastEventOf } from './offline/manifest.ts'
import { refusalOf } from './offline/refusal.ts'
import type { TimeRange } from './replay.ts'
import { type KnownView, VIEWS, versionOf, viewNamed } from './views/index.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../../../..')

const USAGE = `npm run --silent features -- COMMAND [options]
  list                              what is stored, as JSON
  export VIEW ENTITY FILE           rows into FILE.parquet or FILE.csv; --from and --to name a range of event time
  join VIEW ENTITY TIMES FILE       what was known at each moment of TIMES, a text with a moment in the first column of each line and a
                                    header or none, into FILE.parquet or FILE.csv
A moment is RFC 3339, as 2024-08-08T00:00:00+02:00, or a date; what names no zone is UTC.
  --data FOLDER                     the folder of features (.data/anya/features)
Reads only, and may run beside the platform.
`

class Mistake extends Error {}

const options = {
  data: { type: 'string', default: path.join(REPOSITORY, '.data/anya/features') },
  from: { type: 'string' },
  to: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** npm runs scripts in the repository: what the caller named is relative to where the caller stands. */
const resolved = (file: string) => path.resolve(process.env.INIT_CWD ?? '.', file)

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:?\d\d)?)?$/

/** JavaScript takes a time without a zone for the machine's, and a 31st of February for a 3rd of March: nobody means either. */
function momentOf(text: string): number {
  const [, date = '', clock = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? []
  const isDay = new Date(Date.parse(date) || 0).toISOString().startsWith(`${date}T`)
  const offset = zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase()
  const time = isDay ? Date.parse(`${date}T${clock}${offset}`) : Number.NaN
  if (Number.isNaN(time)) throw new Mistake(`${text} is not a moment such as 2024-08-08T00:00:00Z`)
  return time
}

function rangeOf({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): TimeRange {
  const range = { from: from ? momentOf(from) : 0, to: to ? momentOf(to) : Number.MAX_SAFE_INTEGER }
  if (range.from < range.to) return range
  throw new Mistake('a range ends after it begins')
}

function viewOf(name: string): KnownView {
  const known = viewNamed(name)
  if (known) return known
  throw new Mistake(`there is no view ${name}; there are ${VIEWS.map(({ view }) => view.name).join(', ')}`)
}

async function list(folder: string): Promise<string> {
  const stored = VIEWS.map(async ({ view }) => {
    const entities = (await storedEntities(folder, view)).map(async (entity) => {
      const manifest = await storedManifest(folder, view, entity).catch(refusalOf)
      if (manifest && 'code' in manifest) return { entity, error: manifest }
      const partitions = manifest?.partitions ?? []
      const moment = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString())
      return {
        entity,
        rows: partitions.reduce((sum, { rows }) => sum + rows, 0),
        firstEvent: moment(partitions[0]?.firstEvent),
        lastEvent: moment(lastEventOf(manifest)),
        files: path.join(folder, view.name, versionOf(view), `entity=${entity}`, '*', '*.parquet'),
      }
    })
    return { view: view.name, hash: view.hash, entities: await Promise.all(entities) }
  })
  return JSON.stringify(await Promise.all(stored), null, 2)
}

async function timesIn(file: string): Promise<Float64Array> {
  const cells = (await readFile(file, 'utf8')).split(/\r?\n/).flatMap((line) => {
    const [cell = ''] = line.split(',')
    return cell.trim() === '' ? [] : [cell.trim().replaceAll('"', '')]
  })
  const [first = '', ...rest] = cells
  return Float64Array.from(/^\d/.test(first) ? cells : rest, momentOf)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  const [command, ...args] = positionals
  const folder = resolved(values.data)
  if (values.help) return void process.stdout.write(USAGE)
  if (command === 'list' && args.length === 0) return void process.stdout.write(`${await list(folder)}\n`)
  const needed = { export: 3, join: 4 }[command ?? '']
  if (needed === undefined || args.length !== needed) throw new Mistake(`what to do?\n${USAGE}`)
  if (!(await stat(folder).catch(() => null))) throw new Mistake(`there are no features in ${folder}`)
  const [name = '', entity = ''] = args
  const { view } = viewOf(name)
  const range = rangeOf(values)
  const file = resolved(args.at(-1) ?? '')
  // A name that is mistyped would give a file of nothing, or of nothing known.
  if ((await storedManifest(folder, view, entity)) === null)
    throw new Mistake(`nothing of ${entity} is stored in ${name}: the command list tells what is`)
  const archive = await Archive.open(folder)
  try {
    const rows =
      command === 'export'
        ? await exportRows(archive, view, entity, range, file)
        : await exportKnownAt(archive, view, entity, await timesIn(resolved(args[2] ?? '')), file)
    process.stderr.write(`${rows} rows in ${file}\n`)
  } finally {
    archive.close()
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`features: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
