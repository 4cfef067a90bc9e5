import type { Bar } from '../../bar-features/index.ts'
import { barView } from './bar-view.ts'
import { type BookEvent, bookView } from './book-view.ts'
import type { FeatureView } from './view.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

const minuteBars = barView({
  name: 'bars_1m',
  about: 'Returns, trends, ranges and volatility of minute bars, at the close of each.',
  stepMs: MINUTE_MS,
  maxAgeMs: 3 * MINUTE_MS,
  partition: 'DAY',
  retentionMs: 90 * DAY_MS,
})

const hourBars = barView({
  name: 'bars_1h',
  about: 'Returns, trends, ranges and volatility of hourly bars, at the close of each.',
  stepMs: HOUR_MS,
  maxAgeMs: 3 * HOUR_MS,
  // Of a day there are 24 rows: a file each would be all header.
  partition: 'MONTH',
  retentionMs: null,
})

/** A view with what its rows are made of. */
export type KnownView =
  | { readonly input: 'BARS'; readonly interval: 'M1' | 'H1'; readonly view: FeatureView<Bar> }
  | { readonly input: 'BOOK'; readonly view: FeatureView<BookEvent> }

export const VIEWS: readonly KnownView[] = [
  { input: 'BARS', interval: 'M1', view: minuteBars },
  { input: 'BARS', interval: 'H1', view: hourBars },
  { input: 'BOOK', view: bookView },
]

export const viewNamed = (name: string): KnownView | undefined => VIEWS.find(({ view }) => view.name === name)
