import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { mendedBars, readBarFile } from './bar-file.ts'

const HEADER = 'time,open,high,low,close,volume'
const first = '2024-01-02T00:00:00Z,10,12,9,11,5'
const second = '2024-01-03T00:00:00Z,11,13,10,12,6'
const third = '2024-01-04T00:00:00Z,12,14,11,13,7'
const text = (...lines: string[]) => [HEADER, ...lines].join('\n')
const plain = mendedBars(text(first, second, third))

const directory = await mkdtemp(path.join(tmpdir(), 'bars-'))
afterAll(() => rm(directory, { recursive: true }))

test('bars are read as they stand, and nothing is said to be mended', () => {
  expect([...plain.bars.close]).toEqual([11, 12, 13])
  expect(plain.input).toEqual({
    lines: 3,
    bars: 3,
    from: '2024-01-02T00:00:00.000Z',
    to: '2024-01-04T00:00:00.000Z',
    withoutPrice: 0,
    outOfOrder: 0,
    repeated: 0,
    widened: 0,
    withoutVolume: 0,
    withoutZone: 0,
  })
})

test.each([
  ['ends of line of another system', text(first, second, third).replaceAll('\n', '\r\n')],
  ['a byte order mark and blank lines', `\uFEFF${text(first, '', second, third)}\n\n`],
  ['offsets', text(first, second, third).replaceAll('T00:00:00Z', 'T01:00:00+01:00')],
  ['quoted cells', text(first, second, third).replaceAll(/[^,\n]+/g, '"$&"')],
  [
    'an empty cell before quoted ones',
    text(first, second, third)
      .replaceAll(/[^,\n]+/g, '"$&"')
      .replaceAll(/^/gm, ','),
  ],
  [
    'other columns, in another order',
    'volume,Symbol,CLOSE,low,high,open,time\n5,"A,B",11,9,12,10,2024-01-02T00:00:00Z\n' +
      '6,A,12,10,13,11,2024-01-03T00:00:00Z\n7,A,13,11,14,12,2024-01-04T00:00:00Z',
  ],
])('%s give the same bars', (_name, content) => {
  expect(mendedBars(content)).toEqual(plain)
})

test('a gzipped file is read like a plain one', async () => {
  const file = path.join(directory, 'bars.csv')
  await writeFile(file, gzipSync(text(first, second, third)))
  expect(await readBarFile(file)).toEqual(plain)
})

test('lines out of order are put in order, and of two of one time the last counts', () => {
  const { bars, input } = mendedBars(text(first, third, second, '2024-01-04T00:00:00Z,12,15,11,14,8'))
  expect([...bars.close]).toEqual([11, 12, 14])
  expect(input).toMatchObject({ lines: 4, bars: 3, outOfOrder: 1, repeated: 1 })
})

test('lines without a price are left out, an unknown volume is zero, a time without a zone is UTC', () => {
  const { bars, input } = mendedBars(text('2024-01-02,10,12,9,11,', '2024-01-03 00:00,NaN,NaN,,null,0', third))
  expect([...bars.time]).toEqual([plain.bars.time[0], plain.bars.time[2]])
  expect([...bars.volume]).toEqual([0, 7])
  expect(input).toMatchObject({ bars: 2, withoutPrice: 1, withoutVolume: 1, withoutZone: 2 })
})

test('a few bars whose close lies beyond high are widened; many are refused', () => {
  const day = (i: number) => new Date(Date.UTC(2024, 0, i + 1)).toISOString()
  const right = Array.from({ length: 20 }, (_, i) => `${day(i)},10,12,9,11,5`)
  const { bars, input } = mendedBars(text(...right, `${day(20)},10,12,9,12.5,5`))
  expect([bars.high[20], input.widened]).toEqual([12.5, 1])
  expect(() => mendedBars(text(`${day(0)},10,12,9,12.5,5`, second, third))).toThrow('beyond high or low in 1 of 3 bars')
})

test.each([
  ['nothing', '', 'the file is empty'],
  ['a header alone', text(), 'no line has a price'],
  ['no header', [first, second].join('\n'), 'line 1: the header must have one column time, and has none'],
  ['a column that is missing', 'time,open,high,low,close\n', 'one column volume'],
  ['a column twice', `${HEADER},close\n`, 'one column close, and has two'],
  ['a price that is none', text(first, '2024-01-03T00:00:00Z,11,13,ten,12,6'), 'line 3: low must be a price above 0'],
  ['a price below zero', text('2024-01-03T00:00:00Z,11,13,-1,12,6'), 'line 2: low must be a price above 0, found "-1"'],
  ['an endless price', text('2024-01-03T00:00:00Z,11,Infinity,1,12,6'), 'line 2: high must be'],
  ['low above high', text('2024-01-03T00:00:00Z,11,10,13,12,6'), 'line 2: low 13 is above high 10'],
  ['a negative volume', text('2024-01-03T00:00:00Z,11,13,10,12,-6'), 'line 2: volume must be a number from 0'],
  ['a time that is none', text('yesterday,11,13,10,12,6'), 'line 2: time must be RFC 3339'],
  ['a day that is none', text('2024-02-30T00:00:00Z,11,13,10,12,6'), 'line 2: time must be RFC 3339'],
  ['a line that breaks off', text('2024-01-03T00:00:00Z,11,13'), 'line 2: 3 cells do not go with 6 columns'],
])('%s is refused with its place', (_name, content, message) => {
  expect(() => mendedBars(content)).toThrow(message)
})

test('a file that is missing, a directory and a broken gzip are refused in one line', async () => {
  await expect(readBarFile(path.join(directory, 'none.csv'))).rejects.toThrow(/none\.csv: cannot be read \(ENOENT\)$/)
  await expect(readBarFile(directory)).rejects.toThrow(/cannot be read \(EISDIR\)$/)
  const broken = path.join(directory, 'broken.csv.gz')
  await writeFile(broken, gzipSync(text(first)).subarray(0, 30))
  await expect(readBarFile(broken)).rejects.toThrow(/broken\.csv\.gz: cannot be read \(Z_BUF_ERROR\)$/)
})
