import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Comparison } from './model/comparison.ts'
import { type Step, steps } from './model/random-commands.ts'

const RUNS = 700
const COMMANDS_PER_RUN = 150

/** What has to happen in the commands below, or they prove too little. */
const OFTEN = ['TRADE', 'AUCTION TRADE', 'ORDER_TRIGGERED', 'ORDER_AMENDED', 'AMENDED', 'MARKET_STATUS_SET PRICE_BAND']

describe('the engine, told anything', { timeout: 120_000 }, () => {
  it('answers, tells and keeps books and balances exactly as its specification, and breaks no law', () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(steps(COMMANDS_PER_RUN), (list: Step[]) => {
        const comparison = new Comparison()
        comparison.run(list)
        for (const [name, times] of comparison.seen) seen.set(name, (seen.get(name) ?? 0) + times)
      }),
      { numRuns: RUNS },
    )
    for (const name of OFTEN) expect([name, (seen.get(name) ?? 0) > RUNS / 4]).toEqual([name, true])
  })
})
