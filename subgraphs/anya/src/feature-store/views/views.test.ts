import { readFileSync } from 'node:fs'
import path from 'node:path'
import { seededRandom } from '@opsource/kernel'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { BAR_FEATURES, type Bar, barAt } from '../../bar-features/index.ts'
import type { MarketUpdate } from '../../features/index.ts'
import { hourlyBars } from '../../testing/euro-hours.ts'
import { replay } from '../replay.ts'
import { type KnownRow, sameValues } from '../rows.ts'
import type { BookEvent } from './book-view.ts'
import { SteppedBook, VIEWS, viewNamed } from './index.ts'
import { type Computation, defineView, type FeatureRow } from './view.ts'

const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
const hourly = viewNamed('bars_1h')
const book = viewNamed('book_1s')
if (hourly?.input !== 'BARS' || book?.input !== 'BOOK') throw new Error('the views are not there')

const columns = hourlyBars(2_000)
const bars: readonly Bar[] = Array.from({ length: columns.size }, (_, i) => barAt(columns, i))

/** A book that wanders, with trades, silences and snapshots, from a seed. */
function bookEvents(seed: number, count: number): BookEvent[] {
  const random = seededRandom(seed)
  const whole = (below: number) => Math.floor(random.next() * below)
  const levels = (from: number, direction: 1 | -1) =>
    [1, 2, 3, 4, 5].map((k) => [from + direction * k, 1 + whole(500)] as const)
  let [time, mid] = [1_000_000, 100_000]
  return Array.from({ length: count }, (_, i) => {
    time += whole(50) === 0 ? 15_000 : whole(400)
    mid += whole(5) - 2
    const cleared = Array.from({ length: 40 }, (_, k) => [mid - 20 + k, 0] as const)
    const sides = { bids: levels(mid, -1), asks: levels(mid, 1) }
    if (i === 0 || whole(60) === 0) return { kind: 'BOOK', book: { time, ...sides } }
    const trades = Array.from({ length: whole(3) }, () => ({ quantity: 1 + whole(50), takerSide: 'BUY' as const }))
    const update = { time, bids: [...cleared, ...sides.bids], asks: [...cleared, ...sides.asks], trades }
    return { kind: 'UPDATE', update }
  })
}

const streamed = <Input>(computation: Computation<Input>, inputs: readonly Input[]) =>
  inputs.flatMap((input) => computation.push(input))

function expectSame(rows: readonly FeatureRow[], expected: readonly FeatureRow[]): void {
  expect(rows.map(({ eventTime }) => eventTime)).toEqual(expected.map(({ eventTime }) => eventTime))
  const different = rows.filter(({ values }, i) => !sameValues(values, expected[i]!.values))
  expect(different).toEqual([])
}

test('one bar at a time, as serving gets them, gives the rows of a replay bit by bit', async () => {
  const { rows } = await replay(hourly.view, bars, ALWAYS)
  expect(rows).toHaveLength(bars.length)
  expectSame(streamed(hourly.view.compute(), bars), rows)
})

test('one message at a time gives the rows of a replay of the book bit by bit', async () => {
  const events = bookEvents(7, 3_000)
  const { rows } = await replay(book.view, events, ALWAYS)
  expect(rows.length).toBeGreaterThan(400)
  const live: FeatureRow[] = []
  const engine = new SteppedBook((row) => live.push(row))
  for (const event of events) {
    if (event.kind === 'BOOK') engine.replaceBook(event.book)
    else engine.update(event.update)
  }
  expectSame(live, rows)
})

test('no row of any view changes by what comes after it, wherever the history is cut', async () => {
  const events = bookEvents(11, 1_500)
  const [wholeBars, wholeBook] = [await replay(hourly.view, bars, ALWAYS), await replay(book.view, events, ALWAYS)]
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_499 }), async (cut) => {
      const part = await replay(hourly.view, bars.slice(0, cut), ALWAYS)
      expectSame(part.rows, wholeBars.rows.slice(0, part.rows.length))
      const bookPart = await replay(book.view, events.slice(0, cut), ALWAYS)
      expectSame(bookPart.rows, wholeBook.rows.slice(0, bookPart.rows.length))
    }),
    { numRuns: 8 },
  )
})

test('a view that looks one bar ahead is caught by the same check', async () => {
  const cheating = {
    availabilityDelayMs: 0,
    compute: () => ({
      refused: 0,
      push: (bar: Bar) => [{ eventTime: bar.time, values: Float32Array.of(nextClose(bar)) }],
    }),
  }
  let known: readonly Bar[] = bars
  const nextClose = (bar: Bar) => known.find(({ time }) => time > bar.time)?.close ?? Number.NaN
  const whole = await replay(cheating, bars.slice(0, 50), ALWAYS)
  known = bars.slice(0, 50)
  const part = await replay(cheating, known, ALWAYS)
  expect(() => expectSame(part.rows, whole.rows)).toThrow()
})

test('a row is the same whatever range it is asked for with', async () => {
  const { rows } = await replay(hourly.view, bars, ALWAYS)
  const range = { from: rows[700]!.eventTime, to: rows[900]!.eventTime }
  const part = await replay(hourly.view, bars, range)
  expectSame(part.rows, rows.slice(700, 900))
})

test('a bar counts from its close and the time that it travels', async () => {
  const { rows } = await replay(hourly.view, bars.slice(0, 1), ALWAYS)
  const [row] = rows as [KnownRow]
  expect(row.eventTime).toBe(bars[0]!.time + 3_600_000)
  expect(row.availableAt).toBe(row.eventTime + hourly.view.availabilityDelayMs)
})

test('bars that are no bars, and a clock that goes back, are refused and leave no trace in what follows', async () => {
  const sound = await replay(hourly.view, bars, ALWAYS)
  const [one] = bars.slice(500)
  const unsound: Bar[] = [
    { ...one!, close: Number.NaN },
    { ...one!, high: Number.POSITIVE_INFINITY },
    { ...one!, low: 0 },
    { ...one!, low: one!.high * 2 },
    { ...one!, volume: -1 },
    { ...one!, time: Number.NaN },
    bars[499]!,
    bars[3]!,
  ]
  const { rows, refused } = await replay(hourly.view, [...bars.slice(0, 500), ...unsound, ...bars.slice(500)], ALWAYS)
  expect(refused).toBe(unsound.length)
  expectSame(rows, sound.rows)
})

test('what is no update of a book is refused and leaves no trace, and one that comes out of order makes no row of the past', async () => {
  const events = bookEvents(3, 400)
  const sound = await replay(book.view, events, ALWAYS)
  const [one] = events.slice(200).filter((event) => event.kind === 'UPDATE')
  if (one?.kind !== 'UPDATE') throw new Error('there is no update')
  const broken = (changes: Partial<MarketUpdate>): BookEvent => ({
    kind: 'UPDATE',
    update: { ...one.update, ...changes },
  })
  const unsound = [
    broken({ time: Number.NaN }),
    broken({ bids: [[Number.NaN, 1]] }),
    broken({ asks: [[100, Number.POSITIVE_INFINITY]] }),
    broken({ bids: [[100, -1]] }),
    broken({ trades: [{ quantity: Number.NaN, takerSide: 'SELL' }] }),
  ]
  const mixed = await replay(book.view, [...events.slice(0, 100), ...unsound, ...events.slice(100)], ALWAYS)
  expect(mixed.refused).toBe(unsound.length)
  expectSame(mixed.rows, sound.rows)

  const disordered = events.map((event, i) =>
    event.kind === 'UPDATE' && i % 7 === 3 ? broken({ ...event.update, time: event.update.time - 1_500 }) : event,
  )
  const { rows } = await replay(book.view, disordered, ALWAYS)
  const times = rows.map(({ eventTime }) => eventTime)
  expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
  expect(rows.flatMap(({ values }) => Array.from(values)).every(Number.isFinite)).toBe(true)
})

test('hours without bars leave a gap, no row is made up for them', async () => {
  const { rows } = await replay(hourly.view, [...bars.slice(0, 300), ...bars.slice(350)], ALWAYS)
  expect(rows).toHaveLength(bars.length - 50)
})

test('a silent book has features for ten seconds only', () => {
  const live: number[] = []
  const engine = new SteppedBook(({ eventTime }) => live.push(eventTime))
  const sides = { bids: [[99, 5] as const], asks: [[101, 5] as const] }
  engine.replaceBook({ time: 500, ...sides })
  engine.update({ time: 60_500, bids: [], asks: [], trades: [] })
  expect(live).toEqual([6_000, 7_000, 8_000, 9_000, 10_000])
})

test('the version changes with whatever changes a value, and only with that', () => {
  const definition = {
    ...hourly.view,
    features: hourly.view.features.slice(0, 3),
    engineHash: 'e',
  }
  const { hash } = defineView(definition)
  const [first, ...rest] = definition.features
  for (const other of [
    { engineHash: 'f' },
    { name: 'other' },
    { stepMs: 1 },
    { availabilityDelayMs: 0 },
    { features: [...rest, first!] },
    { features: [{ ...first!, lag: 1 }, ...rest] },
    { features: [{ ...first!, window: 99 }, ...rest] },
  ])
    expect(defineView({ ...definition, ...other }).hash).not.toBe(hash)
  expect(defineView({ ...definition, about: 'other words', maxAgeMs: 1, retentionMs: 1, partition: 'DAY' }).hash).toBe(
    hash,
  )
  expect(new Set(VIEWS.map(({ view }) => view.hash)).size).toBe(VIEWS.length)
})

/** A digest of what the views give on fixed inputs, to four digits: the last ones may differ between machines. */
interface Meaning {
  readonly hash: string
  readonly values: readonly (string | null)[]
}
const golden: Record<string, Meaning> = JSON.parse(readFileSync(path.join(import.meta.dirname, 'meaning.json'), 'utf8'))
const meanings: Record<string, Meaning> = {}

beforeAll(async () => {
  const told = (row: FeatureRow | undefined) =>
    Array.from(row?.values ?? [], (value) => (Number.isNaN(value) ? null : value.toPrecision(4)))
  const { rows } = await replay(hourly.view, bars, ALWAYS)
  const ofBook = await replay(book.view, bookEvents(7, 3_000), ALWAYS)
  meanings.bars_1h = { hash: hourly.view.hash, values: told(rows.at(-1)) }
  meanings.book_1s = { hash: book.view.hash, values: told(ofBook.rows.at(-1)) }
})

test.each(['bars_1h', 'book_1s'])(
  '%s means what its version says: who changes a value raises the definition’s version, and then this file',
  (name) => {
    expect(meanings[name]).toEqual(golden[name])
    expect(golden.bars_1h?.values).toHaveLength(BAR_FEATURES.length)
  },
)
