import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { endOf, INTERVALS, partsOf, startFrom, startOf } from './interval.ts'

const at = (text: string) => Date.parse(text)
const text = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z')
const moments = fc.integer({ min: 0, max: Date.UTC(2100, 0) })

describe('an interval', () => {
  it.each([
    ['S1', '2024-08-08T23:54:14.999Z', '2024-08-08T23:54:14Z', '2024-08-08T23:54:15Z'],
    ['S5', '2024-08-08T23:54:14Z', '2024-08-08T23:54:10Z', '2024-08-08T23:54:15Z'],
    ['S15', '2024-08-08T23:54:14Z', '2024-08-08T23:54:00Z', '2024-08-08T23:54:15Z'],
    ['S30', '2024-08-08T23:54:44Z', '2024-08-08T23:54:30Z', '2024-08-08T23:55:00Z'],
    ['M1', '2024-08-08T23:54:14Z', '2024-08-08T23:54:00Z', '2024-08-08T23:55:00Z'],
    ['M5', '2024-08-08T23:54:14Z', '2024-08-08T23:50:00Z', '2024-08-08T23:55:00Z'],
    ['M15', '2024-08-08T23:54:14Z', '2024-08-08T23:45:00Z', '2024-08-09T00:00:00Z'],
    ['M30', '2024-08-08T23:54:14Z', '2024-08-08T23:30:00Z', '2024-08-09T00:00:00Z'],
    ['H1', '2024-08-08T23:54:14Z', '2024-08-08T23:00:00Z', '2024-08-09T00:00:00Z'],
    ['H4', '2024-08-08T23:54:14Z', '2024-08-08T20:00:00Z', '2024-08-09T00:00:00Z'],
    ['H12', '2024-08-08T11:54:14Z', '2024-08-08T00:00:00Z', '2024-08-08T12:00:00Z'],
    ['D1', '2024-08-08T23:54:14Z', '2024-08-08T00:00:00Z', '2024-08-09T00:00:00Z'],
    ['W1', '2024-08-11T23:59:59.999Z', '2024-08-05T00:00:00Z', '2024-08-12T00:00:00Z'],
    ['W1', '2024-08-12T00:00:00Z', '2024-08-12T00:00:00Z', '2024-08-19T00:00:00Z'],
    ['W1', '2024-12-31T12:00:00Z', '2024-12-30T00:00:00Z', '2025-01-06T00:00:00Z'],
    ['W1', '1970-01-01T00:00:00Z', '1969-12-29T00:00:00Z', '1970-01-05T00:00:00Z'],
    ['MO1', '2024-02-29T23:59:59.999Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['MO1', '2023-02-28T23:59:59.999Z', '2023-02-01T00:00:00Z', '2023-03-01T00:00:00Z'],
    ['MO1', '2024-12-31T23:59:59.999Z', '2024-12-01T00:00:00Z', '2025-01-01T00:00:00Z'],
  ] as const)('%s at %s begins at %s and ends at %s', (interval, time, start, end) => {
    expect([text(startOf(interval, at(time))), text(endOf(interval, at(start)))]).toEqual([start, end])
  })

  it('knows no summer time: every day has 24 hours, also where clocks change', () => {
    for (const day of ['2024-03-10', '2024-03-31', '2024-10-27', '2024-11-03']) {
      const start = at(`${day}T00:00:00Z`)
      expect(endOf('D1', start) - start).toBe(24 * 3_600_000)
      expect(startOf('D1', start + 24 * 3_600_000 - 1)).toBe(start)
    }
  })
})

test('every moment is in exactly one interval of each length, and intervals meet without a gap', () => {
  fc.assert(
    fc.property(fc.constantFrom(...INTERVALS), moments, (interval, time) => {
      const start = startOf(interval, time)
      const end = endOf(interval, start)
      expect(start <= time && time < end).toBe(true)
      expect(startOf(interval, end)).toBe(end)
      expect(startOf(interval, end - 1)).toBe(start)
      expect(startOf(interval, start)).toBe(start)
      expect(startFrom(interval, time)).toBe(time === start ? start : end)
    }),
  )
})

test('what an interval is put together from fits into it whole, and no more of it than said', () => {
  fc.assert(
    fc.property(fc.constantFrom(...INTERVALS), moments, (interval, time) => {
      const { stored, most } = partsOf(interval)
      const start = startOf(interval, time)
      const end = endOf(interval, start)
      expect([startOf(stored, start), startOf(stored, end)]).toEqual([start, end])
      const length = endOf(stored, start) - start
      expect((end - start) / length).toBeLessThanOrEqual(most)
    }),
  )
})
