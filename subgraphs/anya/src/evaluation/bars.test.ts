import { expect, test } from 'vitest'
import { InvalidBars, parseBars } from './bars.ts'

const HEADER = 'time,open,high,low,close,volume'
const bar = (time: string, rest = '10,12,9,11,100') => `${time},${rest}`

test('bars are read by column, with time in milliseconds', () => {
  const bars = parseBars([HEADER, bar('2024-01-02T00:00:00Z'), bar('2024-01-02T02:00:00+01:00')].join('\r\n'))
  expect(bars.size).toBe(2)
  expect([...bars.time]).toEqual([Date.UTC(2024, 0, 2), Date.UTC(2024, 0, 2, 1)])
  expect([bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]]).toEqual([10, 12, 9, 11, 100])
})

test('what spreadsheets and data frames write is read as well: a byte order mark, quotation marks, a space before the hour, no volume', () => {
  const plain = [HEADER, bar('2024-01-02T00:00:00Z', '10,12,9,11,0')].join('\n')
  const quoted = [HEADER, '2024-01-02 00:00:00+00:00,10,12,9,11,'].map((line) => `"${line.replaceAll(',', '","')}"`)
  expect(parseBars(`\uFEFF${quoted.join('\r\n')}\r\n`)).toEqual(parseBars(plain))
})

test('lines are counted as an editor counts them, empty ones too', () => {
  expect(() => parseBars(['', HEADER, '', bar('yesterday')].join('\n'))).toThrowError('line 4')
})

test.each([
  ['another header', ['date,open', bar('2024-01-02T00:00:00Z')], 'line 1'],
  ['a missing column', [HEADER, '2024-01-02T00:00:00Z,1,2,1'], 'line 2'],
  ['a price of zero', [HEADER, bar('2024-01-02T00:00:00Z', '0,12,0,11,1')], 'line 2'],
  ['a price that is no number', [HEADER, bar('2024-01-02T00:00:00Z', 'NaN,12,9,11,1')], 'line 2'],
  ['a close above the high', [HEADER, bar('2024-01-02T00:00:00Z', '10,12,9,13,1')], 'line 2'],
  ['a time that is none', [HEADER, bar('yesterday')], 'line 2'],
  ['time that stands still', [HEADER, bar('2024-01-02T00:00:00Z'), bar('2024-01-02T00:00:00Z')], 'line 3'],
])('%s is refused, with its line', (_name, lines, line) => {
  expect(() => parseBars(lines.join('\n'))).toThrowError(InvalidBars)
  expect(() => parseBars(lines.join('\n'))).toThrowError(line)
})
