import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { TimeRange } from '../replay.ts'
import { blockOf, type KnownRow, mergeRows, type RowBlock, rowsOf } from '../rows.ts'
import type { FeatureView } from '../views/index.ts'
import { listOf, literal, loadRows, openDuck, quoted, readRows } from './duckdb.ts'
import { entityOf, folderOf, isEntityName } from './listing.ts'
import {
  makeFolder,
  type Partition,
  readManifest,
  removeUnnamed,
  type StoreManifest,
  settle,
  syncFolder,
  writeManifest,
} from './manifest.ts'
import { StoreError } from './refusal.ts'

export type StoredView = Pick<
  FeatureView<never>,
  'name' | 'hash' | 'features' | 'partition' | 'maxAgeMs' | 'retentionMs'
>

/** What the temporary files of a session are called; another session never has the same. */
const temporaryName = (name: string) => `.${name}.${process.pid}.tmp`
const SESSION_MEMORY_MB = 256
const SESSION_THREADS = 1

/** The offline store: Parquet files below one folder, which one process at a time writes and any number read. */
export class Archive {
  readonly #folder: string
  readonly #duck: DuckDBConnection
  readonly #verified = new Map<string, string>()

  private constructor(folder: string, duck: DuckDBConnection) {
    this.#folder = folder
    this.#duck = duck
  }

  /** @param options.isReader of a process that may run beside the one that writes. */
  static async open(folder: string, { isReader = false } = {}): Promise<Archive> {
    await makeFolder(folder)
    const spillFolder = path.join(folder, isReader ? `.spill.${process.pid}` : '.spill')
    await rm(spillFolder, { recursive: true, force: true })
    return new Archive(folder, await openDuck({ memoryMb: SESSION_MEMORY_MB, threads: SESSION_THREADS, spillFolder }))
  }

  /** Statements that read the rows, as `event_ms`, `available_ms` and the features. For joins and exports. */
  get duck(): DuckDBConnection {
    return this.#duck
  }

  close(): void {
    this.#duck.closeSync()
  }

  /**
   * Adds rows, all of them or none, and lets go of partitions that are older than the view keeps.
   * @param options.keep keeps the partitions that are written for ever.
   * @param options.repair forgets what a damaged partition held, where rows are added to it; else it is refused.
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
    const partitions = new Map(before?.partitions.map((partition) => [partition.name, partition]))
    let written = 0
    let hasChanged = false
    for (const [name, rows] of Map.groupBy(added, ({ eventTime }) => partitionName(view, eventTime))) {
      const old = await this.#usable(view, folder, partitions.get(name), repair)
      if (!old) partitions.delete(name)
      const merged = mergeRows(old ? rowsOf(await this.#read(view, folder, [old], null)) : [], rows, now)
      const isKept = keep || (old?.isKept ?? false)
      if (old && merged.length === old.rows) {
        partitions.set(name, { ...old, isKept })
        hasChanged ||= isKept !== old.isKept
        continue
      }
      written += merged.length - (old?.rows ?? 0)
      const block = blockOf(merged, view.features.length)
      partitions.set(name, { ...(await this.#write(view, entity, folder, name, block)), isKept })
    }
    const oldest = view.retentionMs === null ? Number.NEGATIVE_INFINITY : now - view.retentionMs
    const kept = [...partitions.values()].filter(({ lastEvent, isKept }) => isKept || lastEvent >= oldest)
    if (written === 0 && !hasChanged && kept.length === partitions.size) return 0
    const after: StoreManifest = {
      format: 1,
      view: view.name,
      hash: view.hash,
      entity,
      features: view.features.map(({ name }) => name),
      partitions: kept.sort((a, b) => a.firstEvent - b.firstEvent),
    }
    await writeManifest(folder, after)
    await removeUnnamed(folder, after)
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
    const before = await readManifest(folder)
    try {
      return await work(folder, before?.partitions ?? [])
    } catch (error) {
      const after = await readManifest(folder)
      if (JSON.stringify(after) === JSON.stringify(before)) throw error
      return work(folder, after?.partitions ?? [])
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

  async #usable(view: StoredView, folder: string, partition: Partition | undefined, repair: boolean) {
    if (!partition) return undefined
    try {
      await this.#verify(view, folder, partition)
      return partition
    } catch (error) {
      if (repair && error instanceof StoreError) return undefined
      throw error
    }
  }

  /** Once a session: a file never changes under its name. */
  async #verify(view: StoredView, folder: string, partition: Partition): Promise<void> {
    const file = path.join(folder, partition.file)
    if (this.#verified.get(file) === partition.sha256) return
    const content = await readFile(file).catch(() => null)
    if (!content || createHash('sha256').update(content).digest('hex') !== partition.sha256) {
      const entity = entityOf(folder)
      throw new StoreError(
        'CORRUPT_PARTITION',
        `The partition ${partition.name} of ${view.name} and ${entity} is not what was written: backfill it with repair.`,
      )
    }
    this.#verified.set(file, partition.sha256)
  }

  async #write(
    view: StoredView,
    entity: string,
    folder: string,
    name: string,
    block: RowBlock,
  ): Promise<Omit<Partition, 'isKept'>> {
    const features = view.features.map((feature) => feature.name)
    const partitionFolder = path.join(folder, `${view.partition.toLowerCase()}=${name}`)
    await mkdir(partitionFolder, { recursive: true, mode: 0o755 })
    const temporary = path.join(partitionFolder, temporaryName(name))
    try {
      await loadRows(this.#duck, 'written', features, block)
      await this.#duck.run(
        `COPY (SELECT ${PARQUET_TIMES}, ${features.map(quoted).join(', ')} FROM written ORDER BY event_ms, available_ms)
         TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {view: ${literal(view.name)},
         hash: ${literal(view.hash)}, entity: ${literal(entity)}})`,
      )
      const { sha256, bytes } = await settle(temporary)
      const file = `${path.basename(partitionFolder)}/${sha256.slice(0, 16)}.parquet`
      await rename(temporary, path.join(folder, file))
      await syncFolder(partitionFolder)
      this.#verified.set(path.join(folder, file), sha256)
      const lastAvailable = block.availableAt.reduce((last, at) => Math.max(last, at), 0)
      const [firstEvent, lastEvent] = [block.eventTimes[0]!, block.eventTimes.at(-1)!]
      return { name, file, sha256, bytes, rows: block.size, firstEvent, lastEvent, lastAvailable }
    } finally {
      await rm(temporary, { force: true })
      await this.#duck.run('DROP TABLE IF EXISTS written')
    }
  }
}

/** The times as Parquet's own, which every reader takes for moments. */
export const PARQUET_TIMES = 'epoch_ms(event_ms::BIGINT) AS event_time, epoch_ms(available_ms::BIGINT) AS available_at'

const DAY_CHARACTERS = '2024-08-08'.length
const MONTH_CHARACTERS = '2024-08'.length

function partitionName({ partition }: StoredView, eventTime: number): string {
  return new Date(eventTime).toISOString().slice(0, partition === 'DAY' ? DAY_CHARACTERS : MONTH_CHARACTERS)
}

const isWithin = (range: TimeRange | null) => (partition: Partition) =>
  range === null || (partition.lastEvent >= range.from && partition.firstEvent < range.to)
