import { describe, expect, test } from 'vitest'
import { maximumDrawdown } from './drawdown.ts'
import { growthIndex, periodReturns, sampleIndex, timeWeightedReturn, type Valuation } from './returns.ts'

const worth = (time: number, equity: bigint, flow = 0n): Valuation => ({ time, equity, flow })
const indexOf = (values: readonly number[]) => values.map((index, time) => ({ time, index }))

describe('the time-weighted return', () => {
  // CFA Program curriculum, level I, "Discounted cash flow applications": quarters of a fund, in millions; 31.85 %.
  test('links the quarters of the CFA’s example to 31.85 %', () => {
    const quarters = [
      worth(0, 0n, 2_200_000n),
      worth(1, 2_400_000n, 400_000n),
      worth(2, 2_600_000n, -200_000n),
      worth(3, 3_200_000n, 1_000_000n),
      worth(4, 4_100_000n),
    ]
    const points = growthIndex(quarters)
    expect(periodReturns(points).map((each) => (1 + each).toFixed(4))).toEqual(['1.0909', '0.9286', '1.3333', '0.9762'])
    // The publication rounds each quarter first.
    expect(timeWeightedReturn(points)).toBeCloseTo(0.3185, 3)
  })

  // Investopedia, "Time-Weighted Rate of Return": both investors made 9.79 %, whatever they paid in or took out in August.
  test.each([
    ['pays in', 100_000n, 1_192_328n],
    ['takes out', -100_000n, 1_003_440n],
  ])('is 9.79 % for the investor who %s 100,000', (_what, flow, end) => {
    const points = growthIndex([worth(0, 1_000_000n), worth(1, 1_162_484n, flow), worth(2, end)])
    expect(periodReturns(points).map((each) => each.toFixed(4))).toEqual(['0.1625', '-0.0556'])
    expect(timeWeightedReturn(points)).toBeCloseTo(0.0979, 4)
  })

  test('of an account that had nothing begins with what it first got, and stands still while it is empty', () => {
    const points = growthIndex([
      worth(0, 0n),
      worth(1, 0n, 100n),
      worth(2, 110n, -110n),
      worth(3, 0n, 50n),
      worth(4, 55n),
    ])
    expect(points.map(({ time }) => time)).toEqual([1, 2, 3, 4])
    expect(timeWeightedReturn(points)).toBeCloseTo(0.21, 12)
  })

  test('of an account that lost everything is −1, also after more was paid in', () => {
    const points = growthIndex([worth(0, 100n), worth(1, 0n), worth(2, 0n, 100n), worth(3, 200n)])
    expect(timeWeightedReturn(points)).toBe(-1)
    expect(periodReturns(points)).toEqual([-1])
  })

  test('of one valuation, or none, is unknown', () => {
    expect(timeWeightedReturn(growthIndex([]))).toBeNull()
    expect(timeWeightedReturn(growthIndex([worth(0, 100n)]))).toBeNull()
  })
})

test('a step function is looked at where each interval ends, and at its own two ends', () => {
  const points = [
    { time: 7, index: 1 },
    { time: 12, index: 2 },
    { time: 18, index: 3 },
    { time: 41, index: 4 },
  ]
  expect(sampleIndex(points, 10)).toEqual([
    { time: 7, index: 1 },
    { time: 10, index: 1 },
    { time: 20, index: 3 },
    { time: 30, index: 3 },
    { time: 40, index: 3 },
    { time: 41, index: 4 },
  ])
})

describe('the maximum drawdown', () => {
  // Investopedia, "Maximum Drawdown (MDD)": 500,000 → 750,000 → 400,000 → 600,000 → 350,000 → 800,000 is −53.33 %.
  test('is 53.33 % in the published example, and over when the peak is reached again', () => {
    const drawdown = maximumDrawdown(indexOf([500, 750, 400, 600, 350, 800]))
    expect(drawdown).toMatchObject({ peakAt: 1, troughAt: 4, recoveredAt: 5 })
    expect(drawdown?.depth).toBeCloseTo(0.5333, 4)
  })
  test('may last', () => {
    expect(maximumDrawdown(indexOf([1, 0.5, 0.75]))).toEqual({ depth: 0.5, peakAt: 0, troughAt: 1, recoveredAt: null })
  })
  test('is none where nothing fell', () => {
    expect(maximumDrawdown(indexOf([1, 1, 2]))).toBeNull()
    expect(maximumDrawdown([])).toBeNull()
  })
  test('hears nothing of money that was taken out', () => {
    expect(maximumDrawdown(growthIndex([worth(0, 100n), worth(1, 100n, -90n), worth(2, 10n)]))).toBeNull()
  })
})
