import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KnownRow } from '../rows.ts'
import { rowsOf } from '../rows.ts'
import { Archive, type StoredView } from './archive.ts'
import { driftOf } from './drift.ts'
import { exportKnownAt, exportRows } from './export.ts'
import { storedEntities } from './listing.ts'
import { knownAt } from './point-in-time.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = Date.UTC(2024, 7, 8)
const MARKET = 'BTC-USDT'
const feature = (name: string) => ({ name, window: 1, windowUnit: 'BARS', lag: 0, type: 'FLOAT32' }) as const
const VIEW: StoredView = {
  name: 'tried',
  hash: 'a'.repeat(64),
  features: [feature('level'), feature('odd "name"')],
  partition: 'DAY',
  maxAgeMs: DAY_MS,
  retentionMs: null,
}
const row = (eventTime: number, value: number, availableAt = eventTime + 1_000): KnownRow => ({
  eventTime,
  availableAt,
  values: Float32Array.of(value, Number.NaN),
})
const hours = (count: number, from = START) => Array.from({ length: count }, (_, i) => row(from + i * HOUR_MS, i))

let folder: string
let archive: Archive
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-features-'))
  archive = await Archive.open(folder)
})
afterEach(async () => {
  archive.close()
  await rm(folder, { recursive: true, force: true })
})

const all = async (view = VIEW) => rowsOf(await archive.rows(view, MARKET, null))
const files = async () => (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.parquet'))
const now = START + 30 * DAY_MS

describe('rows', () => {
  test('come back bit by bit, in order, of the range that is asked for', async () => {
    const rows = hours(60)
    expect(await archive.add(VIEW, MARKET, [...rows].reverse(), { now })).toBe(60)
    expect(await all()).toEqual(rows)
    const range = { from: START + 5 * HOUR_MS, to: START + 30 * HOUR_MS }
    expect(rowsOf(await archive.rows(VIEW, MARKET, range))).toEqual(rows.slice(5, 30))
    expect(await files()).toHaveLength(3)
    expect(await storedEntities(folder, VIEW)).toEqual([MARKET])
  })

  test('of zeros of either sign, infinities and what is not known are the same after a file, and add nothing again', async () => {
    const odd = [0, -0, 1, Number.NaN, Number.POSITIVE_INFINITY, Math.fround(1e-42)]
    const rows = Array.from({ length: 600 }, (_, i) => row(START + i * 1_000, odd[i % odd.length]!))
    expect(await archive.add(VIEW, MARKET, rows, { now })).toBe(600)
    const read = (await all()).map(({ values }) => values[0])
    expect(read).toEqual(rows.map(({ values }) => (values[0] === 0 ? 0 : values[0])))
    expect(await archive.add(VIEW, MARKET, rows, { now })).toBe(0)
  })

  test('that are known add nothing, and leave the files as they are', async () => {
    await archive.add(VIEW, MARKET, hours(30), { now })
    const before = await files()
    expect(await archive.add(VIEW, MARKET, hours(30), { now: now + 1 })).toBe(0)
    expect(await files()).toEqual(before)
  })

  test('of other values restate: the old ones stay, the new ones count from now', async () => {
    await archive.add(VIEW, MARKET, [row(START, 1)], { now })
    expect(await archive.add(VIEW, MARKET, [row(START, 2)], { now })).toBe(1)
    expect(await all()).toEqual([row(START, 1), row(START, 2, now)])
  })

  test('of another version are kept apart', async () => {
    await archive.add(VIEW, MARKET, hours(2), { now })
    expect(await all({ ...VIEW, hash: 'b'.repeat(64) })).toEqual([])
  })

  test('that are older than the view keeps are let go, with their files', async () => {
    const short = { ...VIEW, retentionMs: 2 * DAY_MS }
    await archive.add(short, MARKET, hours(24), { now })
    expect(await files()).toEqual([])
    await archive.add(short, MARKET, hours(24, now - DAY_MS), { now })
    expect(await all()).toHaveLength(24)
  })

  test('that somebody asked for stay, also where they were served before', async () => {
    const short = { ...VIEW, retentionMs: 2 * DAY_MS }
    await archive.add(short, MARKET, hours(24, now - DAY_MS), { now })
    expect(await archive.add(short, MARKET, hours(24, now - DAY_MS), { now, keep: true })).toBe(0)
    await archive.add(short, MARKET, hours(24), { now, keep: true })
    await archive.add(short, MARKET, hours(1, now + 9 * DAY_MS), { now: now + 10 * DAY_MS })
    expect(await all(short)).toHaveLength(49)
  })

  test('cannot be stored of an entity whose name leads elsewhere', async () => {
    for (const name of ['../elsewhere', '', '.', 'a/b', "o'", 'x'.repeat(65)])
      await expect(archive.add(VIEW, name, hours(1), { now })).rejects.toMatchObject({ code: 'FAILED' })
  })
})

describe('parts of a partition', () => {
  const minutes = (count: number, from: number) => Array.from({ length: count }, (_, i) => row(from + i * 60_000, i))
  let small: Archive
  beforeEach(async () => {
    small = await Archive.open(folder, { maxParts: 3 })
  })
  afterEach(() => small.close())
  const append = (rows: readonly KnownRow[]) => small.add(VIEW, MARKET, rows, { now })

  test('are added beside what is there, whose files stay as they are', async () => {
    await append(minutes(5, START))
    const [first] = await files()
    await append(minutes(5, START + HOUR_MS))
    expect(await files()).toHaveLength(2)
    expect(await files()).toContain(first)
    expect(await all()).toEqual([...minutes(5, START), ...minutes(5, START + HOUR_MS)])
  })

  test('are put together when there are many, and when their day is over', async () => {
    for (let hour = 0; hour < 3; hour++) await append(minutes(5, START + hour * HOUR_MS))
    expect(await files()).toHaveLength(3)
    await append(minutes(5, START + 3 * HOUR_MS))
    expect(await files()).toHaveLength(1)
    await append(minutes(5, START + 4 * HOUR_MS))
    expect(await files()).toHaveLength(2)
    await append(minutes(5, START + DAY_MS))
    expect(await files()).toHaveLength(2)
    const hourly = [0, 1, 2, 3, 4, 24].flatMap((hour) => minutes(5, START + hour * HOUR_MS))
    expect(await all()).toEqual(hourly)
  })

  test('know what the others hold: the same adds nothing, other values restate, late ones come between', async () => {
    for (let hour = 0; hour < 2; hour++) await append(minutes(5, START + hour * HOUR_MS))
    expect(await append(minutes(5, START + HOUR_MS))).toBe(0)
    expect(await append([row(START + HOUR_MS, 9), row(START + 30 * 60_000, 8)])).toBe(2)
    const [late, before, restated] = (await all()).slice(5, 8)
    expect([late, before]).toEqual([row(START + 30 * 60_000, 8), row(START + HOUR_MS, 0)])
    expect(restated).toEqual(row(START + HOUR_MS, 9, now))
    expect(rowsOf(await small.rows(VIEW, MARKET, { from: START + HOUR_MS, to: START + HOUR_MS + 1 }))).toHaveLength(2)
  })

  test('of which one is damaged take new rows all the same; it is refused by name until it is repaired', async () => {
    await append(minutes(5, START))
    const damaged = path.join(folder, (await files())[0]!)
    await writeFile(damaged, 'PAR1')
    const reopened = await Archive.open(folder, { maxParts: 1 })
    expect(await reopened.add(VIEW, MARKET, minutes(5, START + HOUR_MS), { now })).toBe(5)
    expect(await reopened.add(VIEW, MARKET, minutes(5, START + 2 * HOUR_MS), { now })).toBe(5)
    await expect(reopened.rows(VIEW, MARKET, null)).rejects.toMatchObject({ code: 'CORRUPT_PARTITION' })
    await reopened.add(VIEW, MARKET, minutes(5, START), { now, repair: true })
    expect((await reopened.rows(VIEW, MARKET, null)).size).toBe(15)
    reopened.close()
  })

  test('that are joined give at any moment what one file gives', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      row(START + i * 60_000, i, START + i * 60_000 + ((i * 37) % 11) * 30_000),
    )
    for (let i = 0; i < 60; i += 7) await append(rows.slice(i, i + 7))
    await archive.add(VIEW, 'WHOLE', rows, { now })
    const times = Float64Array.from({ length: 300 }, (_, i) => START + i * 13_000)
    expect(await knownAt(small, VIEW, MARKET, times)).toEqual(await knownAt(archive, VIEW, 'WHOLE', times))
  })
})

describe('a damaged file', () => {
  test('is refused by name, the others are read, and a repair writes it again', async () => {
    await archive.add(VIEW, MARKET, hours(48), { now })
    const damaged = path.join(folder, (await files()).sort()[0]!)
    const content = await readFile(damaged)
    content[content.length >> 1]! ^= 1
    await writeFile(damaged, content)
    const reopened = await Archive.open(folder)
    const read = reopened.rows(VIEW, MARKET, null)
    await expect(read).rejects.toMatchObject({
      code: 'CORRUPT_PARTITION',
      message: expect.stringContaining('2024-08-08'),
    })
    const second = { from: START + DAY_MS, to: START + 2 * DAY_MS }
    expect((await reopened.rows(VIEW, MARKET, second)).size).toBe(24)
    await expect(reopened.add(VIEW, MARKET, hours(24), { now })).rejects.toMatchObject({ code: 'CORRUPT_PARTITION' })
    expect(await reopened.add(VIEW, MARKET, hours(24), { now, repair: true })).toBe(24)
    expect((await reopened.rows(VIEW, MARKET, null)).size).toBe(48)
    reopened.close()
  })

  test('is found also where it was read before in the same session, and repaired in that', async () => {
    await archive.add(VIEW, MARKET, hours(24), { now })
    expect((await all()).length).toBe(24)
    const [damaged] = await files()
    const content = await readFile(path.join(folder, damaged!))
    content[content.length >> 1]! ^= 1
    await writeFile(path.join(folder, damaged!), content)
    await expect(all()).rejects.toMatchObject({ code: 'CORRUPT_PARTITION' })
    expect(await archive.add(VIEW, MARKET, hours(24), { now, repair: true })).toBe(24)
    expect((await all()).length).toBe(24)
  })

  test('that is the manifest is refused too', async () => {
    await archive.add(VIEW, MARKET, hours(2), { now })
    const manifest = path.join(folder, VIEW.name, VIEW.hash.slice(0, 16), `entity=${MARKET}`, '_manifest.json')
    await writeFile(manifest, '{"format":1')
    await expect(all()).rejects.toMatchObject({ code: 'CORRUPT_MANIFEST' })
  })
})

test('what a crash left behind is no part of the store, and goes with the next write', async () => {
  await archive.add(VIEW, MARKET, hours(2), { now })
  const [file] = await files()
  await writeFile(path.join(folder, path.dirname(file!), '.half.tmp'), 'PAR1')
  await writeFile(path.join(folder, path.dirname(file!), `${'0'.repeat(16)}.parquet`), 'PAR1')
  expect(await all()).toHaveLength(2)
  await archive.add(VIEW, MARKET, hours(3), { now })
  expect(await readdir(path.join(folder, path.dirname(file!)))).toHaveLength(2)
})

describe('a join as of moments in the past', () => {
  const ask = async (...times: number[]) => {
    const found = await knownAt(archive, VIEW, MARKET, Float64Array.from(times))
    return Array.from({ length: found.size }, (_, i) => found.values[i * 2])
  }

  test('gives the newest row that was available by then, none before the first, none that is too old', async () => {
    await archive.add(VIEW, MARKET, [row(START, 1), row(START + HOUR_MS, 2)], { now })
    const last = START + HOUR_MS
    expect(await ask(last + 1_000, START + 1_000, START + 999, last + 999, last + DAY_MS, last + DAY_MS + 1)).toEqual([
      2,
      1,
      Number.NaN,
      1,
      2,
      Number.NaN,
    ])
  })

  test('knows nothing of a row that came late until it came, and prefers what is newer', async () => {
    const late = row(START + HOUR_MS, 2, START + 5 * HOUR_MS)
    await archive.add(VIEW, MARKET, [row(START, 1), late, row(START + 2 * HOUR_MS, 3, START + 3 * HOUR_MS)], { now })
    expect(await ask(START + 2 * HOUR_MS, START + 4 * HOUR_MS, START + 6 * HOUR_MS)).toEqual([1, 3, 3])
  })

  test('gives what was known before a restatement to those who ask for a moment before it', async () => {
    await archive.add(VIEW, MARKET, [row(START, 1)], { now: START + 1_000 })
    await archive.add(VIEW, MARKET, [row(START, 2)], { now: START + HOUR_MS })
    expect(await ask(START + HOUR_MS - 1, START + HOUR_MS)).toEqual([1, 2])
  })

  test('of a planted feature that holds the future, leaks nothing before it is available', async () => {
    // The value of each row is the moment at which the event was over; whoever is given a larger one than the moment of asking has seen the future.
    const rows = Array.from({ length: 200 }, (_, i) =>
      row(START + i * 60_000, (i + 1) * 60_000, START + (i + 1) * 60_000),
    )
    await archive.add(VIEW, MARKET, rows, { now })
    const times = Array.from({ length: 500 }, (_, i) => i * 23_456)
    const seen = await ask(...times.map((time) => START + time))
    seen.forEach((value, i) => {
      expect(value! > times[i]!, `asked at ${times[i]}`).toBe(false)
    })
    expect(seen.filter((value) => !Number.isNaN(value))).toHaveLength(497)
  })

  test('is what looking at every row by hand gives, whatever came when', async () => {
    const moment = fc.integer({ min: 0, max: 60 })
    const rows = fc.uniqueArray(fc.record({ event: moment, delay: moment }), {
      maxLength: 25,
      selector: ({ event, delay }) => `${event} ${delay}`,
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(rows, fc.array(moment, { minLength: 1, maxLength: 20 }), async (drawn, asked) => {
        const entity = `E${run++}`
        const given = drawn.map(({ event, delay }, i) => row(START + event, i, START + event + delay))
        const view = { ...VIEW, maxAgeMs: 30 }
        await archive.add(view, entity, given, { now: START })
        const stored = rowsOf(await archive.rows(view, entity, null))
        const byHand = asked.map((time) => {
          const known = stored.filter(({ availableAt }) => availableAt <= START + time)
          const best = known.sort((a, b) => b.eventTime - a.eventTime || b.availableAt - a.availableAt)[0]
          return best && START + time - best.eventTime <= 30 ? best.values[0] : Number.NaN
        })
        const found = await knownAt(
          archive,
          view,
          entity,
          Float64Array.from(asked, (time) => START + time),
        )
        expect(asked.map((_, i) => found.values[i * 2])).toEqual(byHand)
      }),
      { numRuns: 15 },
    )
  })
})

test('drift of more rows than are looked at is that of all: what repeats itself has not drifted', async () => {
  const count = 80_000
  // As hours of the day, or seconds of the minute, which a choice of every fourth row would see six of.
  await archive.add(
    VIEW,
    MARKET,
    Array.from({ length: count }, (_, i) => row(START + i * 1_000, i % 24)),
    { now },
  )
  const range = (from: number, to: number) => ({ from: START + from * 1_000, to: START + to * 1_000 })
  const asked = { view: VIEW.name, entity: MARKET, reference: range(0, count), recent: range(0, 10_000) }
  const { referenceRows, recentRows, features } = await driftOf(archive, VIEW, asked)
  expect(Math.abs(referenceRows - 20_000)).toBeLessThan(10)
  expect(recentRows).toBe(10_000)
  expect(features[0]?.index).toBeLessThan(2 * features[0]!.expected)
  const still = { ...asked, recent: range(10, 11) }
  await expect(driftOf(archive, VIEW, still)).rejects.toMatchObject({ code: 'NOT_ENOUGH_ROWS' })
})

describe('a file for other tools', () => {
  const read = async (file: string) =>
    (await archive.duck.runAndReadAll(`SELECT * FROM '${path.join(folder, file)}'`)).getRowObjectsJS()

  test('holds the rows with their times, as Parquet and as CSV', async () => {
    await archive.add(VIEW, MARKET, hours(3), { now })
    const range = { from: START + HOUR_MS, to: now }
    for (const name of ['rows.parquet', 'rows.csv']) {
      expect(await exportRows(archive, VIEW, MARKET, range, path.join(folder, name))).toBe(2)
      expect((await read(name))[0]).toEqual({
        event_time: new Date(START + HOUR_MS),
        available_at: new Date(START + HOUR_MS + 1_000),
        level: 1,
        'odd "name"': null,
      })
    }
  })

  test('holds what was known at the moments that were asked for, in their order', async () => {
    await archive.add(VIEW, MARKET, hours(2), { now })
    const times = Float64Array.of(START + 2 * HOUR_MS, START, START + 1_000)
    expect(await exportKnownAt(archive, VIEW, MARKET, times, path.join(folder, 'known.parquet'))).toBe(3)
    const rows = await read('known.parquet')
    expect(rows.map(({ asked_at }) => asked_at)).toEqual(Array.from(times, (time) => new Date(time)))
    expect(rows.map(({ level }) => level)).toEqual([1, null, 0])
  })

  test('must say by its name what it is', async () => {
    const asked = exportRows(archive, VIEW, MARKET, { from: 0, to: 1 }, path.join(folder, 'rows.xlsx'))
    await expect(asked).rejects.toMatchObject({ code: 'FAILED' })
  })
})
