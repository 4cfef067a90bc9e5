import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { seededRandom } from '@opsource/kernel'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { runProgram } from '../../../../tests/journeys/program.ts'
import { serversAreRequired } from '../../../../tests/support/server-process.ts'
import { barAt } from '../bar-features/index.ts'
import { hourlyBars } from '../testing/euro-hours.ts'
import { Archive } from './offline/archive.ts'
import { storedManifest } from './offline/listing.ts'
import { replay } from './replay.ts'
import type { KnownRow } from './rows.ts'
import { viewNamed } from './views/index.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })
const HOUR_MS = 3_600_000
const BARS = 400
const found = viewNamed('bars_1h')
if (found?.input !== 'BARS') throw new Error('the view is not there')
const { view } = found
/** Debian's own first: another Python on the path does not see Debian's packages. */
const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import pandas']).status === 0,
)

let folder: string
let kept: readonly KnownRow[]
const moments: number[] = []

/** Real hours, of which some came late and some were restated later. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'opsource-features-'))
  const bars = hourlyBars(BARS)
  const inputs = Array.from({ length: bars.size }, (_, i) => barAt(bars, i))
  const { rows } = await replay(view, inputs, { from: 0, to: Number.MAX_SAFE_INTEGER })
  const random = seededRandom(3)
  const late = rows.map((row) => (random.next() < 0.2 ? { ...row, availableAt: row.eventTime + 5.5 * HOUR_MS } : row))
  const restated = rows.filter((_, i) => i % 40 === 7)
  const archive = await Archive.open(path.join(folder, 'store'))
  const now = rows.at(-1)!.eventTime + 10 * HOUR_MS
  await archive.add(view, 'EUR-USD', late, { now })
  for (const { eventTime, values } of restated) {
    const again = { eventTime, availableAt: eventTime, values: values.map((value) => value + 1) }
    await archive.add(view, 'EUR-USD', [again], { now: eventTime + 3 * HOUR_MS })
  }
  const block = await archive.rows(view, 'EUR-USD', null)
  kept = Array.from({ length: block.size }, (_, i) => ({
    eventTime: block.eventTimes[i]!,
    availableAt: block.availableAt[i]!,
    values: block.values.slice(i * block.width, (i + 1) * block.width),
  }))
  archive.close()
  for (let i = 0; i < 300; i++) moments.push(rows[0]!.eventTime + Math.floor(random.next() * (BARS + 60)) * HOUR_MS)
  moments.push(...kept.slice(0, 50).map(({ availableAt }) => availableAt))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As on a machine elsewhere: what names no zone is UTC all the same. */
const features = (...args: string[]) =>
  runProgram('subgraphs/anya/src/feature-store/main.ts', [...args, '--data', 'store'], {
    INIT_CWD: folder,
    TZ: 'America/New_York',
  })

const written = async (name: string) => {
  const [head = '', ...lines] = (await readFile(path.join(folder, name), 'utf8')).trim().split('\n')
  return { head: head.split(','), lines: lines.map((line) => line.split(',')) }
}

const naive = (time: number) => new Date(time).toISOString().replace('T', ' ').replace('Z', '')
const zoned = (time: number) => `${naive(time + 2 * HOUR_MS).replace(' ', 'T')}+02:00`

/** What was known at a moment, by looking at every row. */
function knownBy(asked: number): KnownRow | undefined {
  const [newest] = kept
    .filter(({ availableAt }) => availableAt <= asked)
    .sort((a, b) => b.eventTime - a.eventTime || b.availableAt - a.availableAt)
  return newest && asked - newest.eventTime <= view.maxAgeMs ? newest : undefined
}

test('join gives what looking at every row gives, whether a moment names UTC, no zone or another, in any place on earth', async () => {
  const texts = moments.map((time, i) => [zoned(time), naive(time), new Date(time).toISOString()][i % 3]!)
  await writeFile(path.join(folder, 'times.csv'), `asked\n${texts.map((text) => `"${text}",x`).join('\n')}\n`)
  const { code, stderr } = await features('join', 'bars_1h', 'EUR-USD', 'times.csv', 'known.csv')
  expect(stderr).toContain(`${moments.length} rows`)
  expect(code).toBe(0)
  const { head, lines } = await written('known.csv')
  expect(head).toEqual(['asked_at', 'event_time', 'available_at', ...view.features.map(({ name }) => name)])
  const atMinutes = (text: string | undefined) => (text ? Date.parse(`${text.replace(' ', 'T')}Z`) : null)
  const given = lines.map(([asked, event, , ...values]) => [
    atMinutes(asked),
    atMinutes(event),
    values.map((value) => (value === '' ? null : Math.fround(Number(value)))),
  ])
  const expected = moments.map((asked) => {
    const row = knownBy(asked)
    const values = Array.from(row?.values ?? new Float32Array(view.features.length).fill(Number.NaN))
    return [asked, row?.eventTime ?? null, values.map((value) => (Number.isNaN(value) ? null : value))]
  })
  expect(given).toEqual(expected)
  expect(expected.filter(([, event]) => event === null).length).toBeGreaterThan(5)
})

test('a range without a zone is of UTC', async () => {
  const [from, to] = [kept[100]!.eventTime, kept[200]!.eventTime]
  const range = ['--from', naive(from), '--to', naive(to)]
  const { code, stderr } = await features('export', 'bars_1h', 'EUR-USD', 'some.csv', ...range)
  expect(code, stderr).toBe(0)
  const { lines } = await written('some.csv')
  expect(lines).toHaveLength(kept.filter(({ eventTime }) => eventTime >= from && eventTime < to).length)
})

test('list tells what is stored, and of what cannot be read why, beside the rest', async () => {
  const { stdout } = await features('list')
  const entities = (text: string) => JSON.parse(text).find((one: { view: string }) => one.view === 'bars_1h').entities
  expect(entities(stdout)).toEqual([
    expect.objectContaining({
      entity: 'EUR-USD',
      rows: kept.length,
      firstEvent: new Date(kept[0]!.eventTime).toISOString(),
    }),
  ])
  const broken = path.join(folder, 'store/bars_1h', view.hash.slice(0, 16), 'entity=BROKEN')
  const archive = await Archive.open(path.join(folder, 'store'))
  await archive.add(view, 'BROKEN', kept.slice(0, 1), { now: kept[0]!.availableAt })
  archive.close()
  await writeFile(path.join(broken, '_manifest.json'), '{"format":')
  await expect(storedManifest(path.join(folder, 'store'), view, 'BROKEN')).rejects.toThrow('cannot be read')
  const { code, stdout: both } = await features('list')
  expect(code).toBe(0)
  expect(entities(both)).toEqual([
    { entity: 'BROKEN', error: { code: 'CORRUPT_MANIFEST', message: expect.any(String) } },
    expect.objectContaining({ entity: 'EUR-USD', rows: kept.length }),
  ])
  await rm(broken, { recursive: true })
})

test.each([
  ['nothing of EURUSD is stored', ['export', 'bars_1h', 'EURUSD', 'x.csv']],
  ['there is no view bars', ['export', 'bars', 'EUR-USD', 'x.csv']],
  ['ends after it begins', ['export', 'bars_1h', 'EUR-USD', 'x.csv', '--from', '2018-01-01', '--to', '2017-01-01']],
  ['yesterday is not a moment', ['export', 'bars_1h', 'EUR-USD', 'x.csv', '--from', 'yesterday']],
  ['2018-02-31 is not a moment', ['export', 'bars_1h', 'EUR-USD', 'x.csv', '--from', '2018-02-31']],
  ['must end in .parquet or .csv', ['export', 'bars_1h', 'EUR-USD', 'x.xlsx']],
])('a mistake is told, as “%s”, and writes no file', async (reason, args) => {
  const { code, stderr } = await features(...args)
  expect(stderr).toContain(reason)
  expect(code).toBe(1)
  expect(await readdir(folder)).not.toContain(args[3])
})

test.skipIf(python === undefined && !serversAreRequired)(
  'pandas reads an export bit by bit, and its own search finds in it what join gives',
  async () => {
    await writeFile(path.join(folder, 'utc.csv'), moments.map((time) => new Date(time).toISOString()).join('\n'))
    await features('export', 'bars_1h', 'EUR-USD', 'rows.csv')
    await features('join', 'bars_1h', 'EUR-USD', 'utc.csv', 'known.csv')
    const { stdout, stderr } = spawnSync(python ?? 'python3', ['-c', READ], { cwd: folder, encoding: 'utf8' })
    expect(stderr).toBe('')
    const told = JSON.parse(stdout)
    const bits = createHash('sha256')
    for (const { values } of kept) bits.update(values)
    expect(told).toEqual({ rows: kept.length, sha256: bits.digest('hex'), asked: moments.length, different: 0 })
  },
)

const READ = `
import hashlib, json, pandas as pd
times = ['event_time', 'available_at']
rows = pd.read_csv('rows.csv', parse_dates=times)
names = [name for name in rows.columns if name not in times]
values = rows[names].to_numpy('<f4')
known = pd.read_csv('known.csv', parse_dates=['asked_at', *times])
different = 0
for _, asked in known.iterrows():
    seen = rows[rows.available_at <= asked.asked_at].sort_values(times)
    newest = seen.iloc[-1] if len(seen) else None
    if newest is None or asked.asked_at - newest.event_time > pd.Timedelta(hours=3):
        different += not pd.isna(asked.event_time)
    else:
        different += not newest[[*times, *names]].equals(asked[[*times, *names]])
print(json.dumps({'rows': len(rows), 'sha256': hashlib.sha256(values.tobytes()).hexdigest(), 'asked': len(known), 'different': int(different)}))
`
