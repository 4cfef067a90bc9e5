import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Bar, Bars } from '../../bar-features/index.ts'
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
  for (let i = 0; i < bars.size; i++)
    yield {
      time: bars.time[i]!,
      open: bars.open[i]!,
      high: bars.high[i]!,
      low: bars.low[i]!,
      close: bars.close[i]!,
      volume: bars.volume[i]!,
    }
}

async function barsInFile(file: string, dataFolder: string): Promise<Bars> {
  const packed = await readFile(path.join(dataFolder, file)).catch(() => missing(file))
  try {
    return parseBars((await unpack(packed)).toString('utf8'))
  } catch (error) {
    throw damaged(file, error instanceof InvalidBars ? error.message : 'it cannot be unpacked')
  }
}

/** The files one after another, each beginning with its own snapshot. */
export async function* bookEventsOf(source: Source, dataFolder: string): AsyncGenerator<BookEvent> {
  if (source.kind !== 'RECORDING') throw new StoreError('NO_SOURCE', 'Bars have no book.')
  for (const file of source.files) {
    const events = await readRecording(path.join(dataFolder, file), source.steps).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return missing(file)
      throw damaged(file, 'it is no recording')
    })
    yield* events
  }
}

function missing(file: string): never {
  throw new StoreError('NO_SOURCE', `The history data/${file} is not there.`)
}

const damaged = (file: string, reason: string) =>
  new StoreError('CORRUPT_SOURCE', `The history data/${file} cannot be read: ${reason}`)
