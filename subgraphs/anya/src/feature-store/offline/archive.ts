import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TimeRange } from '../replay.ts'
import { blockOf, type KnownRow, newRows, type RowBlock, rowsOf } from '../rows.ts'
import type { FeatureView } from '../views/index.ts'
import { listOf, openDuck, quoted, readRows } from './duckdb.ts'
import { entityOf, folderOf, isEntityName } from './listing.ts'
import {
  makeFolder,
  type Partition,
  readManifest,
  removeUnnamed,
  type StoreManifest,
  writeManifest,
} from './manifest.ts'
import { type Place, writeRelation, writeRows } from './parquet.ts'
import { StoreError } from './refusal.ts'
import { makeRoomToSpill } from './spill.ts'

export type StoredView = Pick<
  FeatureView<never>,
  'name' | 'hash' | 'features' | 'partition' | 'maxAgeMs' | 'retentionMs'
>

const SESSION_MEMORY_MB = 256
const SESSION_THREADS = 1
/**
 * Parts of a partition: eight hours of writing every 5 minutes. More are slower to read than to put together, which costs as much as
 * writing the whole partition once.
 */
const MAX_PARTS = 96

/** A writer that replaces the state so often while it is read writes every few milliseconds. */
const MAX_READS = 10

/** The offline store: Parquet files below one folder, which one process at a time writes and any number read. */
export class Archive {
  readonly #folder: string
  readonly #duck: DuckDBConnection
  readonly #maxParts: number
  readonly #verified = new Map<string, string>()

  private constructor(folder: string, duck: DuckDBConnection, maxParts: number) {
    this.#folder = folder
    this.#duck = duck
    this.#maxParts = maxParts
  }

  /** @param options.maxParts of a partition, from which on they are put together. */
  static async open(folder: string, { maxParts = MAX_PARTS } = {}): Promise<Archive> {
    await makeFolder(folder)
    const spillFolder = await makeRoomToSpill(folder)
    const duck = await openDuck({ memoryMb: SESSION_MEMORY_MB, threads: SESSION_THREADS, spillFolder })
    return new Archive(folder, duck, maxParts)
  }

  /** Statements that read the rows, as `event_ms`, `available_ms` and the features. For joins and exports. */
  get duck(): DuckDBConnection {
    return this.#duck
  }

  close(): void {
    this.#duck.closeSync()
  }

  /**
   * Adds rows, all of them or none, and lets go of what is older than the view keeps. They become parts of their partitions, beside what
   * is there; many parts are put together, and those of a partition that is over.
   * @param options.keep keeps the partitions that are written for ever.
   * @param options.repair forgets damaged parts of partitions where rows are added to them; else what they might restate is refused.
   * @returns how many rows were not known yet.
   */
  async add(
    view: StoredView,
    entity: string,
    added: readonly KnownRow[],
    { now, repair = false, keep = false }: { readonly now: number; readonly repair?: boolean; readonly keep?: boolean },
  ): Promise<number> {
    const folder = this.#folderOf(view, entity)
    await makeFolder(folder)
    const before = await readManifest(folder)
    await removeUnnamed(folder, before)
    try {
      return await this.#add({ view, entity, folder }, before, added, { now, repair, keep })
    } catch (error) {
      // What was written until then is in nobody's way, but takes room, of which there may be none.
      await removeUnnamed(folder, await readManifest(folder)).catch(() => {})
      throw error
    }
  }

  async #add(
    place: Place,
    before: StoreManifest | null,
    added: readonly KnownRow[],
    { now, repair, keep }: { readonly now: number; readonly repair: boolean; readonly keep: boolean },
  ): Promise<number> {
    const { view, entity, folder } = place
    const parts = [...(before?.partitions ?? [])]
    const byName = Map.groupBy(added, ({ eventTime }) => partitionName(view, eventTime))
    let written = 0
    for (const [name, rows] of byName) {
      if (repair) await this.#forgetDamaged(place, parts, name)
      const isBeside = isWithin(rangeOf(rows))
      const beside = parts.filter((part) => part.name === name && isBeside(part))
      const fresh = newRows(rowsOf(await this.#read(view, folder, beside, null)), rows, now)
      if (keep) for (const part of beside) parts[parts.indexOf(part)] = { ...part, isKept: true }
      if (fresh.length === 0) continue
      written += fresh.length
      const block = blockOf(fresh, view.features.length)
      parts.push({ ...(await writeRows(this.#duck, place, name, block)), isKept: keep })
    }
    const oldest = view.retentionMs === null ? Number.NEGATIVE_INFINITY : now - view.retentionMs
    const kept = parts.filter(({ lastEvent, isKept }) => isKept || lastEvent >= oldest)
    const after = await this.#putTogether(place, kept)
    if (JSON.stringify(after) !== JSON.stringify(before?.partitions ?? [])) {
      const features = view.features.map(({ name }) => name)
      await writeManifest(folder, { view: view.name, hash: view.hash, entity, features, partitions: after })
    }
    await removeUnnamed(folder, { partitions: after })
    return written
  }

  /** @returns the rows of the range in order, restatements after what they restate. */
  async rows(view: StoredView, entity: string, range: TimeRange | null): Promise<RowBlock> {
    return this.#consistently(view, entity, (folder, partitions) => {
      return this.#read(view, folder, partitions.filter(isWithin(range)), range)
    })
  }

  /** Lets a statement read the partitions that it needs, after their hashes were checked. @param run gets a relation. */
  async query<T>(
    view: StoredView,
    entity: string,
    range: TimeRange | null,
    run: (relation: string) => Promise<T>,
  ): Promise<T> {
    return this.#consistently(view, entity, async (folder, partitions) => {
      return run(await this.#relation(view, folder, partitions.filter(isWithin(range))))
    })
  }

  #folderOf(view: StoredView, entity: string): string {
    if (!isEntityName(entity)) throw new StoreError('FAILED', 'An entity of that name cannot be stored.')
    return folderOf(this.#folder, view, entity)
  }

  /** A partition may be replaced while it is being read: then the newest state is read. */
  async #consistently<T>(
    view: StoredView,
    entity: string,
    work: (folder: string, partitions: readonly Partition[]) => Promise<T>,
  ): Promise<T> {
    const folder = this.#folderOf(view, entity)
    for (let attempt = 1; ; attempt++) {
      const before = await readManifest(folder)
      try {
        return await work(folder, before?.partitions ?? [])
      } catch (error) {
        const isReplaced = JSON.stringify(await readManifest(folder)) !== JSON.stringify(before)
        if (!isReplaced || attempt === MAX_READS) throw error
      }
    }
  }

  async #read(
    view: StoredView,
    folder: string,
    partitions: readonly Partition[],
    range: TimeRange | null,
  ): Promise<RowBlock> {
    const width = view.features.length
    if (partitions.length === 0) return blockOf([], width)
    const where = range ? `WHERE event_ms >= ${range.from} AND event_ms < ${range.to}` : ''
    const relation = await this.#relation(view, folder, partitions)
    return readRows(this.#duck, width, `SELECT * FROM ${relation} ${where} ORDER BY event_ms, available_ms`)
  }

  async #relation(view: StoredView, folder: string, partitions: readonly Partition[]): Promise<string> {
    const features = view.features.map(({ name }) => quoted(name))
    if (partitions.length === 0) {
      const none = features.map((name) => `NULL::FLOAT AS ${name}`)
      return `(SELECT 0::DOUBLE AS event_ms, 0::DOUBLE AS available_ms, ${none.join(', ')} LIMIT 0)`
    }
    for (const partition of partitions) await this.#verify(view, folder, partition)
    const files = listOf(partitions.map(({ file }) => path.join(folder, file)))
    const times = 'epoch_ms(event_time)::DOUBLE AS event_ms, epoch_ms(available_at)::DOUBLE AS available_ms'
    return `(SELECT ${times}, ${features.join(', ')} FROM read_parquet(${files}, hive_partitioning = false))`
  }

  async #forgetDamaged({ view, folder }: Place, parts: Partition[], name: string): Promise<void> {
    for (const part of parts.filter((one) => one.name === name))
      if (!(await this.#isWhole(view, folder, part))) parts.splice(parts.indexOf(part), 1)
  }

  async #isWhole(view: StoredView, folder: string, part: Partition): Promise<boolean> {
    try {
      await this.#verify(view, folder, part)
      return true
    } catch (error) {
      if (error instanceof StoreError) return false
      throw error
    }
  }

  /** One file for the parts of each partition that has many, or that is over. @returns all parts, in order. */
  async #putTogether(place: Place, parts: readonly Partition[]): Promise<Partition[]> {
    const newest = parts.reduce((last, { name }) => (name > last ? name : last), '')
    const after: Partition[] = []
    for (const [name, some] of Map.groupBy(parts, (part) => part.name)) {
      const isDue = some.length > this.#maxParts || (some.length > 1 && name < newest)
      after.push(...(isDue ? await this.#merged(place, name, some) : some))
    }
    return after.sort((a, b) => a.firstEvent - b.firstEvent || a.lastEvent - b.lastEvent)
  }

  /** What is damaged stays beside the rest, for whoever repairs it: rows that come are not to wait for that. */
  async #merged(place: Place, name: string, parts: readonly Partition[]): Promise<Partition[]> {
    const { view, folder } = place
    const whole: Partition[] = []
    const damaged: Partition[] = []
    for (const part of parts) ((await this.#isWhole(view, folder, part)) ? whole : damaged).push(part)
    if (whole.length < 2) return [...parts]
    const isKept = whole.some((part) => part.isKept)
    const relation = await this.#relation(view, folder, whole)
    return [...damaged, { ...(await writeRelation(this.#duck, place, name, relation)), isKept }]
  }

  /** Once a session, as long as the file is not touched: nobody here changes a file under its name. */
  async #verify(view: StoredView, folder: string, partition: Partition): Promise<void> {
    const file = path.join(folder, partition.file)
    const state = await stateOf(file)
    if (state !== null && this.#verified.get(file) === `${partition.sha256} ${state}`) return
    const content = await readFile(file).catch(() => null)
    if (!content || createHash('sha256').update(content).digest('hex') !== partition.sha256) {
      const entity = entityOf(folder)
      throw new StoreError(
        'CORRUPT_PARTITION',
        `The partition ${partition.name} of ${view.name} and ${entity} is not what was written: backfill it with repair.`,
      )
    }
    this.#verified.set(file, `${partition.sha256} ${state}`)
  }
}

/** Another one where somebody wrote to the file; null where it is not there. */
async function stateOf(file: string): Promise<string | null> {
  const { ino, size, mtimeNs, ctimeNs } = (await stat(file, { bigint: true }).catch(() => null)) ?? {}
  return ino === undefined ? null : [ino, size, mtimeNs, ctimeNs].join(' ')
}

const DAY_CHARACTERS = '2024-08-08'.length
const MONTH_CHARACTERS = '2024-08'.length

function partitionName({ partition }: StoredView, eventTime: number): string {
  return new Date(eventTime).toISOString().slice(0, partition === 'DAY' ? DAY_CHARACTERS : MONTH_CHARACTERS)
}

const isWithin = (range: TimeRange | null) => (partition: Partition) =>
  range === null || (partition.lastEvent >= range.from && partition.firstEvent < range.to)

/** From the first event to the last, both within. */
function rangeOf(rows: readonly KnownRow[]): TimeRange {
  const first = rows.reduce((least, { eventTime }) => Math.min(least, eventTime), Number.POSITIVE_INFINITY)
  const last = rows.reduce((most, { eventTime }) => Math.max(most, eventTime), Number.NEGATIVE_INFINITY)
  return { from: first, to: last + 1 }
}
