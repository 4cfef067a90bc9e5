import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { parseSeries, readCorpus } from './nab-corpus.ts'

const lines = (...rows: string[]) => ['timestamp,value', ...rows].join('\n')
const three = lines('2014-04-01 00:00:00,1', '2014-04-01 00:05:00,nan', '2014-04-01 00:10:00,-2.5e3')

test('a series is read with its gaps, and a window by the rows that it names', () => {
  const label = ['2014-04-01 00:05:00.000000', '2014-04-01 00:10:00.000000'] as const
  const series = parseSeries('a/b.csv', three.replaceAll('\n', '\r\n'), [label])
  expect([...series.value]).toEqual([1, Number.NaN, -2500])
  expect(series.time[1]! - series.time[0]!).toBe(300_000)
  expect(series.windows).toEqual([{ from: 1, to: 2 }])
})

test('a window between rows begins after and ends before them', () => {
  const series = parseSeries('a/b.csv', three, [['2014-04-01 00:01:00', '2014-04-01 00:09:59']])
  expect(series.windows).toEqual([{ from: 1, to: 1 }])
})

test.each([
  ['another header', 'time,value\n', 'line 1'],
  ['no rows', lines(), 'no rows'],
  ['a time that is none', lines('yesterday,1'), 'line 2'],
  ['a value that is none', lines('2014-04-01 00:00:00,1', '2014-04-01 00:05:00,high'), 'line 3'],
  ['a column too many', lines('2014-04-01 00:00:00,1,2'), 'line 2'],
])('%s is refused, with its place', (_name, content, place) => {
  expect(() => parseSeries('a/b.csv', content, [])).toThrowError(`a/b.csv: ${place}`.replace(': no', ': there are no'))
})

test('a window outside its file is refused', () => {
  expect(() => parseSeries('a/b.csv', three, [['2015-01-01 00:00:00', '2015-01-02 00:00:00']])).toThrowError(
    'not within',
  )
})

const directories: string[] = []
afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true })
})

const PROFILES = JSON.stringify({ standard: { CostMatrix: { tpWeight: 1, fnWeight: 1, fpWeight: 0.11, tnWeight: 1 } } })

async function corpus(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'nab-'))
  directories.push(directory)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true })
    await writeFile(path.join(directory, name), content)
  }
  return directory
}

const labels = { 'labels/combined_windows.json': JSON.stringify({ 'a/1.csv': [], 'a/2.csv': [] }) }
const whole = { ...labels, 'config/profiles.json': PROFILES, 'data/a/1.csv': three, 'data/a/2.csv': three }

test('a directory laid out as NAB is read whole', async () => {
  const { series, profiles } = await readCorpus(await corpus(whole))
  expect(series.map((each) => each.name)).toEqual(['a/1.csv', 'a/2.csv'])
  expect(profiles).toEqual({ standard: { truePositive: 1, falseNegative: 1, falsePositive: 0.11 } })
})

test('labelled files that are not there, and files without labels, are left out and named', async () => {
  const some = {
    ...whole,
    'labels/combined_windows.json': JSON.stringify({ 'a/1.csv': [], 'a/2.csv': [], 'b/3.csv': [] }),
  }
  const { series, missing, unlabelled } = await readCorpus(await corpus({ ...some, 'data/c/4.csv': three }))
  expect(series.map((each) => each.name)).toEqual(['a/1.csv', 'a/2.csv'])
  expect([missing, unlabelled]).toEqual([['b/3.csv'], ['c/4.csv']])
})

test.each([
  [
    'no labels',
    { 'labels/combined_windows.json': undefined },
    /^labels\/combined_windows.json: cannot be read \(ENOENT\)$/,
  ],
  ['labels that are no JSON', { 'labels/combined_windows.json': '{' }, /^labels\/combined_windows.json: /],
  [
    'labels of another shape',
    { 'labels/combined_windows.json': '{"a/1.csv":[["x"]]}' },
    /^labels\/combined_windows.json: .*a\/1\.csv/,
  ],
  ['fewer than two of the labelled files', { 'data/a/2.csv': undefined }, /^data: 1 of the 2 labelled files are there/],
  ['no profiles', { 'config/profiles.json': undefined }, /^config\/profiles.json: cannot be read/],
  ['no standard profile', { 'config/profiles.json': '{}' }, /standard/],
])('%s: one line says what is wrong', async (_name, change, message) => {
  const files = Object.entries<string | undefined>({ ...whole, ...change })
  const directory = await corpus(
    Object.fromEntries(files.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
  )
  const error = await readCorpus(directory).catch((thrown: Error) => thrown.message)
  expect(error).toMatch(message)
  expect(error).not.toContain('\n')
})
