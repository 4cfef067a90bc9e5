import { beforeEach, describe, expect, it } from 'vitest'
import { readState, writeState } from './canonical.ts'
import type { SetMarketStatus } from './commands.ts'
import { Engine } from './engine.ts'
import { LIMITS } from './limits.ts'

let engine: Engine
beforeEach(() => {
  engine = new Engine()
})

describe('the pass over a recording', () => {
  const set = (segment: string, repetition: number): SetMarketStatus => ({
    kind: 'SET_MARKET_STATUS',
    symbol: 'BTC-USDT',
    status: 'TRADING',
    auctionMs: null,
    recording: { dataSet: 'aug', segment, repetition },
  })
  const passes = (steps: [string, number][]) =>
    steps.map(([segment, repetition]) => {
      const ack = engine.applyBatch([set(segment, repetition)], 1).acks[0]!
      return ack.kind === 'MARKET_STATUS_SET' ? ack.recording?.pass : ack
    })

  it('rises with each repetition and goes on where the replay was started anew', () => {
    expect(
      passes([
        ['a', 1],
        ['b', 1],
        ['a', 2],
        ['b', 2],
        ['a', 1],
        ['b', 1],
      ]),
    ).toEqual([1, 1, 2, 2, 3, 3])
  })

  it('rises when a file begins again, so that what was seen never counts as new', () => {
    expect(
      passes([
        ['a', 1],
        ['a', 1],
        ['b', 1],
        ['a', 1],
      ]),
    ).toEqual([1, 2, 2, 3])
  })

  it('survives a snapshot', () => {
    passes([
      ['a', 1],
      ['b', 1],
    ])
    const copy = new Engine()
    readState(writeState(engine.state), copy)
    engine = copy
    expect(passes([['a', 1]])).toEqual([2])
  })

  it('is counted for a limited number of data sets and files', () => {
    const names = Array.from({ length: LIMITS.segmentsPerPass + 1 }, (_, i) => `file ${i}`)
    expect(passes(names.map((name) => [name, 1])).at(-1)).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: 'segmentsPerPass',
    })
    const sets = Array.from({ length: LIMITS.recordedDataSets }, (_, i) => ({
      ...set('a', 1),
      recording: { dataSet: `set ${i}`, segment: 'a', repetition: 1 },
    }))
    expect(engine.applyBatch(sets, 1).acks.at(-1)).toMatchObject({ code: 'LIMIT_REACHED', limit: 'recordedDataSets' })
  })
})
