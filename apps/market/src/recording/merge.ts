import { type LineCounts, NotARecordingError, type RecordedFile, readEvents } from './files.ts'
import type { Instrument } from './instrument.ts'
import { Replay, type ReplayCounts, type Step } from './replay.ts'

/** What reading a recording has met, over all its markets. */
export interface RecordingCounts extends LineCounts, ReplayCounts {}

/**
 * Streams the steps of all markets that the recording and the exchange share, in the order of exchange time.
 * @throws NotARecordingError where they share none, or a file cannot be read.
 */
export async function* readSteps(
  files: readonly RecordedFile[],
  instruments: readonly Instrument[],
  depth: number,
  counts: RecordingCounts,
): AsyncGenerator<Step> {
  const streams = instruments.flatMap((instrument) => {
    const own = files.filter((file) => file.recordedSymbol === instrument.recordedSymbol)
    return own.length === 0 ? [] : [readMarket(own, instrument, depth, counts)]
  })
  if (streams.length === 0) throw new NotARecordingError('the recording holds none of the markets of this exchange')
  try {
    yield* mergeByTime(streams)
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)))
  }
}

async function* readMarket(
  files: readonly RecordedFile[],
  instrument: Instrument,
  depth: number,
  counts: RecordingCounts,
): AsyncGenerator<Step, undefined> {
  const replay = new Replay(instrument, depth)
  for (const file of files) {
    for await (const event of readEvents(file, counts)) yield* replay.take(event, file.segment)
  }
  yield* replay.end()
  counts.gaps += replay.counts.gaps
  counts.staleDiffs += replay.counts.staleDiffs
  counts.tradesBeforeBook += replay.counts.tradesBeforeBook
}

async function* mergeByTime(streams: readonly AsyncGenerator<Step, undefined>[]): AsyncGenerator<Step> {
  const heads = await Promise.all(streams.map((stream) => stream.next()))
  while (true) {
    let first = -1
    for (const [at, head] of heads.entries()) {
      const earliest = heads[first]
      if (!head.done && (earliest === undefined || earliest.done || head.value.time < earliest.value.time)) first = at
    }
    const head = heads[first]
    const stream = streams[first]
    if (head === undefined || head.done || stream === undefined) return
    yield head.value
    heads[first] = await stream.next()
  }
}

/** Counts from zero. */
export const noCounts = (): RecordingCounts => ({ lines: 0, malformed: 0, gaps: 0, staleDiffs: 0, tradesBeforeBook: 0 })
