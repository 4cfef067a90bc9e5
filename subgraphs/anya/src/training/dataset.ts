import { FEATURE_COUNT, FEATURES, FeatureEngine } from '../features/index.ts'
import type { RecordedEvent } from './recording.ts'

/** Labelled samples in order of time. */
export interface Dataset {
  readonly size: number
  /** Row-major, `FEATURE_COUNT` columns. */
  readonly rows: Float32Array
  /** 1 where the mid price was higher after the horizon, 0 where it was lower. */
  readonly labels: Uint8Array
  /** Exchange time in milliseconds at which each row was known. */
  readonly times: Float64Array
}

interface LabelledRow {
  readonly time: number
  readonly row: Float32Array
  readonly label: number
}

/** Replays a market through the feature engine and samples it as serving does: at every full step of exchange time. */
export function sampleMarket(events: readonly RecordedEvent[], stepMs: number, horizonMs: number): Dataset {
  const engine = new FeatureEngine()
  const labelled: LabelledRow[] = []
  const waiting: { time: number; row: Float32Array; mid: number }[] = []
  let next: number | undefined
  for (const event of events) {
    const time = event.kind === 'BOOK' ? event.book.time : event.update.time
    next ??= Math.ceil(time / stepMs) * stepMs
    for (; next < time; next += stepMs) {
      while (waiting[0] && waiting[0].time + horizonMs <= next) {
        const { mid, ...sample } = waiting.shift()!
        const label = labelOf(mid, engine.midAt(sample.time + horizonMs))
        if (label !== null) labelled.push({ ...sample, label })
      }
      const row = engine.sample(next)
      const mid = engine.mid()
      if (row && mid !== null) waiting.push({ time: next, mid, row })
    }
    if (event.kind === 'BOOK') engine.replaceBook(event.book)
    else engine.update(event.update)
  }
  return toDataset(labelled)
}

/** Rows whose mid price did not move have no direction. */
function labelOf(before: number, after: number | null): 0 | 1 | null {
  if (after === null || after === before) return null
  return after > before ? 1 : 0
}

function toDataset(samples: readonly LabelledRow[]): Dataset {
  const rows = new Float32Array(samples.length * FEATURE_COUNT)
  samples.forEach(({ row }, i) => {
    rows.set(row, i * FEATURE_COUNT)
  })
  return {
    size: samples.length,
    rows,
    labels: Uint8Array.from(samples, ({ label }) => label),
    times: Float64Array.from(samples, ({ time }) => time),
  }
}

function rowsOf(dataset: Dataset): LabelledRow[] {
  return Array.from({ length: dataset.size }, (_, i) => ({
    time: dataset.times[i]!,
    row: dataset.rows.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT),
    label: dataset.labels[i]!,
  }))
}

/** One dataset of several markets, in order of time (and of the markets at equal times). */
export function mergeDatasets(datasets: readonly Dataset[]): Dataset {
  return toDataset(datasets.flatMap(rowsOf).sort((a, b) => a.time - b.time))
}

export function selectRows(dataset: Dataset, keep: (time: number) => boolean): Dataset {
  return toDataset(rowsOf(dataset).filter(({ time }) => keep(time)))
}

/**
 * Adds to every row the one with bids and asks swapped and the opposite label. Minutes of one day have a trend, and this keeps a
 * model from taking that for a law: nothing in the features says which way is up.
 */
export function withMirrorImages(dataset: Dataset): Dataset {
  const rows = new Float32Array(dataset.rows.length * 2)
  rows.set(dataset.rows)
  for (let i = 0; i < dataset.rows.length; i++) {
    const value = dataset.rows[i]!
    rows[dataset.rows.length + i] = FEATURES[i % FEATURE_COUNT]!.symmetry === 'odd' ? -value : value
  }
  return {
    size: dataset.size * 2,
    rows,
    labels: Uint8Array.from([...dataset.labels, ...dataset.labels.map((label) => 1 - label)]),
    times: Float64Array.from([...dataset.times, ...dataset.times]),
  }
}
