import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { StoreError } from './refusal.ts'

/**
 * 1: a file a partition. 2: parts of a partition beside each other, until they are put together. A release that knows only 1 refuses 2,
 * rather than to take one part for the whole.
 */
const FORMAT = 2
/** What reads a folder of Parquet takes names that begin so for none of its files. */
const MANIFEST = '_manifest.json'
const time = z.number().int()
const partitionSchema = z.object({
  /** `2024-08-08` or `2024-08`, in UTC; each part of it has that name. */
  name: z.string().regex(/^\d{4}-\d\d(-\d\d)?$/),
  /** Below the manifest's folder. */
  file: z.string().regex(/^(day|month)=[\d-]+\/[0-9a-f]{16}\.parquet$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().positive(),
  rows: z.number().int().positive(),
  firstEvent: time,
  lastEvent: time,
  lastAvailable: time,
  /** Whether somebody asked for it: what was only served is let go in time. */
  isKept: z.boolean(),
})
const manifestSchema = z.object({
  format: z.union([z.literal(1), z.literal(FORMAT)]),
  view: z.string(),
  hash: z.string(),
  entity: z.string(),
  features: z.array(z.string()),
  partitions: z.array(partitionSchema),
})

/** One Parquet file, as the manifest knows it: a partition, or a part of one. */
export type Partition = z.infer<typeof partitionSchema>
/** What is in the store of one view, version and entity: a file that it does not name does not exist. */
export type StoreManifest = z.infer<typeof manifestSchema>

/** @returns null where nothing has been written yet. @throws StoreError CORRUPT_MANIFEST */
export async function readManifest(folder: string): Promise<StoreManifest | null> {
  const text = await readFile(path.join(folder, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return manifestSchema.parse(JSON.parse(text))
  } catch {
    throw new StoreError('CORRUPT_MANIFEST', `The manifest of ${nameOf(folder)} cannot be read.`)
  }
}

/** Of parts the last to begin need not be the last to end. */
export const lastEventOf = (manifest: StoreManifest | null): number | undefined =>
  manifest?.partitions.reduce<number | undefined>(
    (last, part) => Math.max(last ?? part.lastEvent, part.lastEvent),
    undefined,
  )

/** Replaces the manifest in one step: whoever reads sees the old state or the new one, also after a crash. */
export async function writeManifest(folder: string, manifest: Omit<StoreManifest, 'format'>): Promise<void> {
  const temporary = path.join(folder, `.${MANIFEST}.tmp`)
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(`${JSON.stringify({ format: FORMAT, ...manifest })}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path.join(folder, MANIFEST))
  await syncFolder(folder)
}

/** What a crash or a replaced partition left behind. */
export async function removeUnnamed(folder: string, manifest: Pick<StoreManifest, 'partitions'> | null): Promise<void> {
  const named = new Set(manifest?.partitions.map(({ file }) => file))
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const files = await readdir(path.join(folder, entry.name))
    const unnamed = files.filter((file) => !named.has(`${entry.name}/${file}`))
    for (const file of unnamed) await rm(path.join(folder, entry.name, file), { force: true })
    if (unnamed.length === files.length) await rm(path.join(folder, entry.name), { recursive: true, force: true })
  }
}

export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 })
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Writes what is in the cache of the operating system to the disk. @returns the file's hash and size. */
export async function settle(file: string): Promise<{ sha256: string; bytes: number }> {
  const handle = await open(file, 'r')
  try {
    await handle.sync()
    const content = await handle.readFile()
    return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length }
  } finally {
    await handle.close()
  }
}

/** View and entity, as far as a folder tells: paths are nobody's business. */
const nameOf = (folder: string) => folder.split(path.sep).slice(-3).join(' ')
