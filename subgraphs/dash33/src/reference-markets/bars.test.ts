import { describe, expect, it } from 'vitest'
import { BarHistory, BarLibrary } from './bars.ts'
import { REFERENCE_MARKETS } from './catalogue.ts'

const HEADER = 'time,open,high,low,close,volume'
const day = (n: number) => Date.UTC(2020, 0, n)
const line = (n: number, volume = '7') =>
  `2020-01-${String(n).padStart(2, '0')}T00:00:00Z,1.10,1.25,1.05,1.20,${volume}`
const history = (...days: number[]) => new BarHistory([HEADER, ...days.map((n) => line(n)), ''].join('\n'))

describe('the bars of a reference market', () => {
  it('are read from the newest back or from the oldest on, within a range whose end is not in it', () => {
    const bars = history(1, 2, 3, 6, 7)
    const read = (changes: object) =>
      bars
        .read({ from: -Infinity, before: Infinity, limit: 3, first: 'newest', ...changes })
        .map(({ openTime }) => new Date(openTime).getUTCDate())
    expect(read({})).toEqual([7, 6, 3])
    expect(read({ first: 'oldest' })).toEqual([1, 2, 3])
    expect(read({ before: day(6) })).toEqual([3, 2, 1])
    expect(read({ from: day(4), first: 'oldest' })).toEqual([6, 7])
    expect(read({ from: day(6), before: day(2) })).toEqual([])
  })

  it('keep the digits of their file', () => {
    const [bar] = history(1).read({ from: 0, before: Infinity, limit: 1, first: 'newest' })
    expect(bar).toEqual({ openTime: day(1), open: '1.10', high: '1.25', low: '1.05', close: '1.20', volume: '7' })
  })

  it('are refused where time does not increase or the columns are others', () => {
    expect(() => history(1, 3, 3)).toThrow('line 4')
    expect(() => new BarHistory(`${HEADER}\nyesterday,1,1,1,1,1\n`)).toThrow('line 2')
    expect(() => new BarHistory('a,b\n')).toThrow('header')
  })

  it('lie where the catalogue says, every one of them', async () => {
    const library = new BarLibrary()
    for (const market of REFERENCE_MARKETS) {
      const bars = await library.history(market, 'D1')
      expect(bars?.count).toBeGreaterThan(1_000)
      const all = bars!.read({ from: -Infinity, before: Infinity, limit: Infinity, first: 'oldest' })
      expect(all).toHaveLength(bars!.count)
      expect(all.every(({ high, low }) => Number(high) >= Number(low) && Number(low) > 0)).toBe(true)
    }
  })

  it('are asked for again after a file could not be read', async () => {
    const library = new BarLibrary('/nowhere')
    const market = { files: { D1: 'daily/none.csv.gz' } }
    await expect(library.history(market, 'D1')).rejects.toThrow('ENOENT')
    await expect(library.history(market, 'D1')).rejects.toThrow('ENOENT')
    expect(await library.history(market, 'H1')).toBeNull()
  })
})
