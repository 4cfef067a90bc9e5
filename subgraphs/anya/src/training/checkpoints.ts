import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { FoldForecasts } from './recipe.ts'

/** Keeps what a run has computed, so that it can go on where it was stopped. */
export interface Checkpoints {
  /** @returns null where nothing was kept under this fingerprint, or what was kept is damaged. */
  load(name: string, fingerprint: string): Promise<FoldForecasts | null>
  keep(name: string, fingerprint: string, forecasts: FoldForecasts): Promise<void>
}

export const noCheckpoints: Checkpoints = { load: async () => null, keep: async () => {} }

const fileSchema = z.object({ sha256: z.string(), body: z.string() })
const bodySchema = z.object({ fingerprint: z.string(), columns: z.record(z.string(), z.base64()) })

/** Checkpoints as files of a folder: whole or not there, also where the process or the machine dies while it writes. */
export class FolderCheckpoints implements Checkpoints {
  readonly #folder: string
  readonly #writer: string

  /** @param writer tells apart those who may write at once, such as an orphan that does not know yet that it is one. */
  constructor(folder: string, writer: string) {
    this.#folder = folder
    this.#writer = writer
  }

  async load(name: string, fingerprint: string): Promise<FoldForecasts | null> {
    const text = await readFile(path.join(this.#folder, `${name}.json`), 'utf8').catch(ifMissing)
    const file = text === null ? undefined : fileSchema.safeParse(parsed(text)).data
    if (!file || file.sha256 !== hashOf(file.body)) return null
    const body = bodySchema.safeParse(parsed(file.body)).data
    if (body?.fingerprint !== fingerprint) return null
    return Object.fromEntries(Object.entries(body.columns).map(([column, bytes]) => [column, floatsOf(bytes)]))
  }

  async keep(name: string, fingerprint: string, forecasts: FoldForecasts): Promise<void> {
    const columns = Object.fromEntries(Object.entries(forecasts).map(([column, values]) => [column, bytesOf(values)]))
    const body = JSON.stringify({ fingerprint, columns })
    await writeWhole(
      path.join(this.#folder, `${name}.json`),
      JSON.stringify({ sha256: hashOf(body), body }),
      this.#writer,
    )
  }
}

/** Writes a file so that whoever reads it finds it whole or not at all. @param writer names the temporary file beside it. */
export async function writeWhole(file: string, content: string | Uint8Array, writer: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const temporary = `${file}.${writer}.tmp`
  try {
    const handle = await open(temporary, 'w')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function ifMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

const bytesOf = (values: Float64Array) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')

const floatsOf = (text: string) => new Float64Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer)
