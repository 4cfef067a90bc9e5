import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { type Bar, type Bars, barAt } from '../../bar-features/index.ts'
import { InvalidBars, parseBars } from '../../evaluation/bars.ts'
import { readRecording } from '../../training/recording.ts'
import type { BookEvent } from '../views/index.ts'
import type { Source } from './protocol.ts'
import { StoreError } from './refusal.ts'

const unpack = promisify(gunzip)

/** @throws StoreError where the file is missing or damaged, or holds no bars. */
export async function* barsOf(source: Source, dataFolder: string): AsyncGenerator<Bar> {
  if (source.kind === 'RECORDING') throw new StoreError('NO_SOURCE', 'A recording of the book has no bars.')
  const bars = source.kind === 'KEPT_BARS' ? source.bars : await barsInFile(source.file, dataFolder)
  for (let i = 0; i < bars.size; i++) yield barAt(bars, i)
}

async function barsInFile(file: string, dataFolder: string): Promise<Bars> {
  const packed = await readFile(path.join(dataFolder, file)).catch(() => missing(file))
  try {
    return parseBars((await unpack(packed)).toString('utf8'))
  } catch (error) {
    throw damaged(file, error instanceof InvalidBars ? error.message : 'it cannot be unpacked')
  }
}

/** The files as one stream: the first begins with a snapshot of the book, the others go on where the one before ends. */
export async function* bookEventsOf(source: Source, dataFolder: string): AsyncGenerator<BookEvent> {
  if (source.kind !== 'RECORDING') throw new StoreError('NO_SOURCE', 'Bars have no book.')
  const [first, ...rest] = source.files
  if (first === undefined) throw new StoreError('NO_SOURCE', 'There is no recording.')
  for (const file of source.files) await requireWhole(file, dataFolder)
  const full = (file: string) => path.join(dataFolder, file)
  yield* await readRecording(full(first), source.steps, rest.map(full)).catch(() => {
    throw damaged(first, 'it is no recording')
  })
}

/** A stream that breaks while it is read line by line takes its process with it. */
async function requireWhole(file: string, dataFolder: string): Promise<void> {
  const packed = await readFile(path.join(dataFolder, file)).catch(() => missing(file))
  await unpack(packed).catch(() => {
    throw damaged(file, 'it cannot be unpacked')
  })
}

function missing(file: string): never {
  throw new StoreError('NO_SOURCE', `The history data/${file} is not there.`)
}

const damaged = (file: string, reason: string) =>
  new StoreError('CORRUPT_SOURCE', `The history data/${file} cannot be read: ${reason}`)
