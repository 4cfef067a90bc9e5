import { replay } from '../replay.ts'
import { rowsOf } from '../rows.ts'
import { viewNamed } from '../views/index.ts'
import { Archive } from './archive.ts'
import { driftOf } from './drift.ts'
import { knownAt } from './point-in-time.ts'
import {
  type OperationInput,
  type OperationName,
  type OperationOutput,
  operations,
  requestSchema,
  type StoreReply,
} from './protocol.ts'
import { newestRow, pageOfRows } from './reading.ts'
import { refusalOf, StoreError } from './refusal.ts'
import { barsOf, bookEventsOf } from './sources.ts'

// DuckDB and whole histories live in a process of their own: what they take of time and memory, and what a damaged file may do to
// native code, stays here.
const [storeFolder, dataFolder] = process.argv.slice(2)
if (!storeFolder || !dataFolder || !process.send) throw new Error('usage: worker.ts STORE DATA, with a channel')

process.on('disconnect', () => process.exit(0))
// A terminal's Ctrl-C reaches every process of the command: this one ends with its parent.
process.on('SIGINT', () => {})

const reply = (message: StoreReply) => process.send?.(message)
const archive = await Archive.open(storeFolder)
const cancelled = new Set<number>()

interface Turn {
  /** Lets others in, tells how far it is. @throws StoreError CANCELLED */
  breathe(rows: number): Promise<void>
}

type Work<Name extends OperationName> = (input: OperationInput<Name>, turn: Turn) => Promise<OperationOutput<Name>>

const known = (name: string) => {
  const found = viewNamed(name)
  if (!found) throw new StoreError('FAILED', 'There is no such view.')
  return found
}

const backfill: Work<'backfill'> = async ({ view: name, entity, range, source, now, repair }, { breathe }) => {
  const one = known(name)
  const { rows, refused } =
    one.input === 'BARS'
      ? await replay(one.view, barsOf(source, dataFolder), range, breathe)
      : await replay(one.view, bookEventsOf(source, dataFolder), range, breathe)
  await breathe(rows.length)
  const added = await inTurn(() => archive.add(one.view, entity, rows, { now, repair, keep: true }))
  return { computed: rows.length, added, refused }
}

const append: Work<'append'> = async ({ view, entity, block, now }) => ({
  added: await inTurn(() => archive.add(known(view).view, entity, rowsOf(block), { now })),
})

const page: Work<'page'> = (input) => inTurn(() => pageOfRows(archive, known(input.view).view, input))
const newest: Work<'newest'> = ({ view, entity, range }) =>
  inTurn(() => newestRow(archive, known(view).view, entity, range))
const asked: Work<'knownAt'> = ({ view, entity, times }) =>
  inTurn(() => knownAt(archive, known(view).view, entity, times))
const drift: Work<'drift'> = (input) => inTurn(() => driftOf(archive, known(input.view).view, input))

const works: Readonly<Record<string, (input: unknown, turn: Turn) => Promise<unknown>>> = {
  backfill: (input, turn) => backfill(operations.backfill.input.parse(input), turn),
  append: (input, turn) => append(operations.append.input.parse(input), turn),
  page: (input, turn) => page(operations.page.input.parse(input), turn),
  newest: (input, turn) => newest(operations.newest.input.parse(input), turn),
  knownAt: (input, turn) => asked(operations.knownAt.input.parse(input), turn),
  drift: (input, turn) => drift(operations.drift.input.parse(input), turn),
}

let last: Promise<unknown> = Promise.resolve()

/** One statement after another: they share a connection and its temporary tables. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work)
  last = result.catch(() => {})
  return result
}

async function run(id: number, name: string, input: unknown): Promise<void> {
  const breathe = async (rows: number) => {
    await new Promise((resolve) => setImmediate(resolve))
    if (cancelled.has(id)) throw new StoreError('CANCELLED', 'It was given up.')
    reply({ kind: 'PROGRESS', id, rows })
  }
  try {
    const work = works[name]
    if (!work) throw new StoreError('FAILED', 'There is no such operation.')
    reply({ kind: 'DONE', id, output: await work(input, { breathe }) })
  } catch (error) {
    reply({ kind: 'REFUSED', id, ...refusalOf(error) })
  } finally {
    cancelled.delete(id)
  }
}

process.on('message', (message: unknown) => {
  const request = requestSchema.parse(message)
  if (request.kind === 'CANCEL') cancelled.add(request.id)
  else void run(request.id, request.name, request.input)
})
