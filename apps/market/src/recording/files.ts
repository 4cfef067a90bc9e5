import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { parseLine, type RecordedEvent } from './line.ts'

/** A file that begins with this many lines none of which is an event is something else. */
const LINES_TO_RECOGNISE = 20
const FILE_NAME = /^(?<kind>[a-z]+)_(?<symbol>[a-z0-9]+)_(?<date>\d{8})\.gz$/

/** Thrown where a folder or file cannot be replayed; the message is for the person who named it. */
export class NotARecordingError extends Error {}

/** One recorded file of one market. */
export interface RecordedFile {
  readonly path: string
  /** The file's name without its ending, such as `spot_btcusdt_20240808`. */
  readonly segment: string
  /** Such as `BTCUSDT`. */
  readonly recordedSymbol: string
}

/**
 * Lists a folder's recorded files, oldest first for each market.
 * @throws NotARecordingError where the folder cannot be read or holds none.
 */
export async function listRecording(folder: string): Promise<RecordedFile[]> {
  const names = await readdir(folder).catch(() => {
    throw new NotARecordingError(`cannot read the folder ${folder}`)
  })
  const files = names.sort().flatMap((name) => {
    const symbol = FILE_NAME.exec(name)?.groups?.symbol
    if (symbol === undefined) return []
    return [
      { path: path.join(folder, name), segment: name.slice(0, -'.gz'.length), recordedSymbol: symbol.toUpperCase() },
    ]
  })
  if (files.length === 0)
    throw new NotARecordingError(`${folder} holds no recording: no file is named like spot_btcusdt_20240808.gz`)
  return files
}

/** Counts the lines of a file that could not be read as events. */
export interface LineCounts {
  lines: number
  malformed: number
}

/**
 * Streams a file's events in its own order, skipping and counting lines that are none.
 * @throws NotARecordingError where the file is not a recording at all, is cut short or cannot be decompressed.
 */
export async function* readEvents(file: RecordedFile, counts: LineCounts): AsyncGenerator<RecordedEvent> {
  const source = createReadStream(file.path)
  const text = source.pipe(createGunzip())
  source.on('error', (error) => text.destroy(error))
  let recognised = false
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue
      counts.lines++
      const event = parseLine(line)
      if (event === null) counts.malformed++
      else recognised = true
      if (!recognised && counts.malformed >= LINES_TO_RECOGNISE) break
      if (event !== null) yield event
    }
    if (text.errored) throw text.errored
  } catch (error) {
    throw new NotARecordingError(`${file.path}: ${error instanceof Error ? error.message : 'cannot be read'}`)
  } finally {
    source.destroy()
    text.destroy()
  }
  if (!recognised)
    throw new NotARecordingError(`${file.path} is not a recording: none of its first lines is \`nanoseconds JSON\``)
}
