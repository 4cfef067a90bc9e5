import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { RowBlock } from '../rows.ts'
import type { StoredView } from './archive.ts'
import { extentOf, literal, loadRows, quoted } from './duckdb.ts'
import { type Partition, settle, syncFolder } from './manifest.ts'

/** The times as Parquet's own, which every reader takes for moments. */
export const PARQUET_TIMES = 'epoch_ms(event_ms::BIGINT) AS event_time, epoch_ms(available_ms::BIGINT) AS available_at'

/** What the temporary files of a session are called; another session never has the same. */
const temporaryName = (name: string) => `.${name}.${process.pid}.tmp`

/** Where something is written. */
export interface Place {
  readonly view: StoredView
  readonly entity: string
  /** Of the entity. */
  readonly folder: string
}

/** A file that was written, and that no manifest names yet. */
export type Written = Omit<Partition, 'isKept'>

/** Writes rows as a file of the partition `name`. */
export async function writeRows(duck: DuckDBConnection, place: Place, name: string, block: RowBlock): Promise<Written> {
  const features = place.view.features.map((feature) => feature.name)
  try {
    await loadRows(duck, 'written', features, block)
    return await writeRelation(duck, place, name, 'written')
  } finally {
    await duck.run('DROP TABLE IF EXISTS written')
  }
}

/** Writes what a statement reads as a file of the partition `name`: under another name first, and to the disk before it gets its own. */
export async function writeRelation(
  duck: DuckDBConnection,
  { view, entity, folder }: Place,
  name: string,
  relation: string,
): Promise<Written> {
  const features = view.features.map((feature) => quoted(feature.name))
  const partitionFolder = path.join(folder, `${view.partition.toLowerCase()}=${name}`)
  await mkdir(partitionFolder, { recursive: true, mode: 0o755 })
  const temporary = path.join(partitionFolder, temporaryName(name))
  try {
    await duck.run(
      `COPY (SELECT ${PARQUET_TIMES}, ${features.join(', ')} FROM ${relation} ORDER BY event_ms, available_ms)
       TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {view: ${literal(view.name)},
       hash: ${literal(view.hash)}, entity: ${literal(entity)}})`,
    )
    const extent = await extentOf(duck, relation)
    const { sha256, bytes } = await settle(temporary)
    const file = `${path.basename(partitionFolder)}/${sha256.slice(0, 16)}.parquet`
    await rename(temporary, path.join(folder, file))
    await syncFolder(partitionFolder)
    return { name, file, sha256, bytes, ...extent }
  } finally {
    await rm(temporary, { force: true })
  }
}
